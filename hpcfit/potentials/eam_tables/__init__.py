"""Tables of embedded-atom potentials: the files of DYNAMO and LAMMPS, and potentials made of them."""
