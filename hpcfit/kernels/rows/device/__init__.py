"""Models of tables on a device.

source          CUDA C of a model, from its formulas
batch           some chunks of a table that are on the device together
store           all batches, and what is done without room
layout          the chunks of a table, batch by batch
model           what all models do with predictions that are on the device
row_model       a model of formulas
network_source  CUDA C of neural networks
network_pass    forward and backward through one
network_model   a neural network
"""
