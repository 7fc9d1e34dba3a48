"""One fit on many ranks: who holds which chunks, how their triangles meet, how all of them end together."""
