"""The part of a generated module that is the same for every model, as text.

It is text and not an imported module because it calls the generated functions of the model,
and because one file with all of a model's code is what the kernel cache stores. Names in
capitals are constants written at the top of the generated module:

    N_SPECIES    species of the model
    STRESS       1 if predictions include stress, else 0
    STRIDE       numbers per column in `sums`: eight lanes each of the pair energies, of the triplet
                 energies (apart, so that neither depends on the block size) and of six virials
    MOST_SITES   sites that are worked on together, if the scratch array has room
    TABLE_SIZE, SCRATCH_ROWS, BUFFER    sizes of working arrays

`predictions` is (columns, rows) flattened: column k of row i at k*n_rows + i. What potentials with
densities need besides is in density/template.py.
"""

COMPACT = '''
@kernel
def compact(atom, stop, base, step, offset, entry, n_entries, with_vectors, with_rows, with_owners, species,
            first_bond, neighbor, vector, distance, table, scratch, capacity, rows_of, owners, kinds, groups):
    """Bonds within the cutoff of as many sites from `atom` on as fit; returns (next atom, vectors).

    `with_vectors` asks for more than the distances; `with_rows` for offset + step*j of the neighbours j,
    in `rows_of`; `with_owners` for the number of the centre in its configuration (whose first atom is
    `base`), for each eight bonds in `owners`, and in the lanes of `rows_of` that are left over.
    """
    used = 0
    first = atom
    while atom < min(stop, first + MOST_SITES):
        begin, end = get(first_bond, atom), get(first_bond, atom + 1)
        if used + (end - begin) + 8 * N_SPECIES + 8 > capacity:
            break
        g = 2 * N_SPECIES * (atom - first)
        for near in range(N_SPECIES):
            kind = N_SPECIES * get(species, atom) + near
            cutoff = get(table, entry + n_entries * kind)
            start = used
            b = begin
            if N_SPECIES == 1:  # as long as there is none to leave out, eight at a time
                while b < end and b + 8 <= len(distance):
                    r = load(distance, b)
                    count = min(8, end - b)
                    if not all_below(r, cutoff, count):
                        break
                    store(scratch, used, r)
                    if with_vectors:
                        unpack_triples(vector, 3 * b, scratch, used + capacity, capacity)
                    if with_rows:
                        affine_indices(neighbor, b, rows_of, used, step, offset)
                    used += count
                    b += count
            while b < end:
                put(scratch, used, get(distance, b))
                if with_vectors:
                    put(scratch, used + capacity, get(vector, 3 * b))
                    put(scratch, used + 2 * capacity, get(vector, 3 * b + 1))
                    put(scratch, used + 3 * capacity, get(vector, 3 * b + 2))
                put(rows_of, used, offset + step * get(neighbor, b))
                wanted = get(distance, b) < cutoff
                if N_SPECIES > 1:
                    wanted &= get(species, get(neighbor, b)) == near
                used += 1 if wanted else 0
                b += 1
            put(groups, g + 2 * near, start)
            put(groups, g + 2 * near + 1, used - start)
            store(scratch, used, zero() + (2.0 * cutoff + 1.0))
            if with_vectors:
                store(scratch, used + capacity, zero())
                store(scratch, used + 2 * capacity, zero())
                store(scratch, used + 3 * capacity, zero())
            last = (used + 7) // 8
            for v in range(start // 8, last):
                put(kinds, v, kind)
            if with_owners:
                for v in range(start // 8, last):
                    put(owners, v, atom - base)
                for b in range(used, 8 * last):
                    put(rows_of, b, atom - base)
            used = 8 * last
        atom += 1
    return atom, used // 8
'''

FILL = '''
@kernel
def fill(first, last, first_atom, species, volume, first_bond, neighbor, vector, distance, table, columns,
         value_column, predictions, n_rows, sums, scratch, capacity, rows_of, owners, kinds, groups, EXTRA):
    """Predictions (and their derivatives) of configurations first..last-1."""
    for i in range((value_column + 1) * n_rows):
        put(predictions, i, 0.0)
    row = 0
    for configuration in range(first, last):
        begin, end = get(first_atom, configuration), get(first_atom, configuration + 1)
        origin = row + 1 - 3 * begin
        for i in range((value_column + 1) * STRIDE):
            put(sums, i, 0.0)
CALLS
        for k in range(value_column + 1):
            energy = total(load(sums, k * STRIDE)) + total(load(sums, k * STRIDE + 8))
            increase(predictions, k * n_rows + row, energy)
            if STRESS:
                for c in range(6):
                    virial = total(load(sums, k * STRIDE + 8 * (c + 2)))
                    put(predictions, k * n_rows + row + 1 + 3 * (end - begin) + c,
                        virial / get(volume, configuration))
        row += 1 + 3 * (end - begin) + 6 * STRESS
'''

CALL_SET = """
        atom = begin
        while atom < end:
            next_atom, n_vectors = compact(
                atom, end, begin, 3, origin, ENTRY, N_ENTRIES, True, WITH_ROWS, False, species, first_bond,
                neighbor, vector, distance, table, scratch, capacity, rows_of, owners, kinds, groups)
            bonds_NUMBER(n_vectors, kinds, scratch, capacity, table, columns, value_column, sums)
            sites_NUMBER(atom, next_atom, origin, species, groups, rows_of, scratch, capacity,
                         table, columns, value_column, n_rows, predictions, sums)
            atom = next_atom
"""

CALL_SITE = """
        NAME(begin, end, row, species, table, columns, value_column, n_rows, predictions)
"""

WORK = """
    table = np.empty(TABLE_SIZE)
    fill_table(values, numbers, table)
    sums = np.empty((value_column + 1) * STRIDE)
    scratch = np.empty(SCRATCH_ROWS * capacity + BUFFER)
    rows_of = np.empty(capacity, dtype=np.int64)
    kinds = np.empty(capacity // 8 + 1, dtype=np.int64)
    owners = np.empty(capacity // 8 + 1, dtype=np.int64)
    groups = np.empty(2 * N_SPECIES * MOST_SITES, dtype=np.int64)
"""

EVALUATE_VALUES = '''
@entry
def evaluate(as_residual, first_atom, species, volume, first_bond, neighbor, vector, distance, bounds, values,
             numbers, columns, value_column, most_rows, capacity, first_residual, source, weight, reference,
             out, cost, nonfinite):
    """Predictions of the one chunk that there is, or residuals chunk by chunk, into `out`.

    `fill` is called in one place, since all of it becomes part of this function there.
    """
WORK
    predictions = np.empty(most_rows) if as_residual else out
    for chunk in range(len(bounds) - 1):
        first, last = bounds[chunk], bounds[chunk + 1]
        before = 3 * first_atom[first] + first * (1 + 6 * STRESS)
        n_rows = 3 * (first_atom[last] - first_atom[first]) + (last - first) * (1 + 6 * STRESS)
        fill(first, last, first_atom, species, volume, first_bond, neighbor, vector, distance, table,
             columns, value_column, predictions, n_rows, sums, scratch, capacity, rows_of, owners, kinds,
             groups, EXTRA)
        if not as_residual:
            return
        squares = 0.0
        bad = 0
        for i in range(first_residual[chunk], first_residual[chunk + 1]):
            difference = get(weight, i) * (get(predictions, get(source, i) - before) - get(reference, i))
            put(out, i, difference)
            squares += difference * difference
            bad += 0 if abs(difference) <= LARGEST else 1
        cost[chunk] = squares
        nonfinite[chunk] = bad
'''

EVALUATE_JACOBIAN = '''
@entry
def evaluate(as_residual, first_atom, species, volume, first_bond, neighbor, vector, distance, bounds, values,
             numbers, columns, value_column, most_rows, capacity, first_residual, source, weight, reference,
             out, triangles, cost, nonfinite):
    """Derivatives and predictions of the one chunk into `out` (column after column), or triangles of QR.

    In the second case `out` receives the weighted [J | r] of each chunk if it is not empty.
    """
WORK
    predictions = np.empty((value_column + 1) * most_rows) if as_residual else out
    most = 0
    for chunk in range(len(first_residual) - 1):
        most = max(most, first_residual[chunk + 1] - first_residual[chunk])
    block = np.empty((value_column + 1) * most)
    for chunk in range(len(bounds) - 1):
        first, last = bounds[chunk], bounds[chunk + 1]
        before = 3 * first_atom[first] + first * (1 + 6 * STRESS)
        n_rows = 3 * (first_atom[last] - first_atom[first]) + (last - first) * (1 + 6 * STRESS)
        fill(first, last, first_atom, species, volume, first_bond, neighbor, vector, distance, table,
             columns, value_column, predictions, n_rows, sums, scratch, capacity, rows_of, owners, kinds,
             groups, EXTRA)
        if not as_residual:
            return
        begin = first_residual[chunk]
        m = first_residual[chunk + 1] - begin
        bad = 0
        for k in range(value_column + 1):
            shift = 1.0 if k == value_column else 0.0
            for i in range(m):
                entry = get(predictions, k * n_rows + get(source, begin + i) - before)
                entry = get(weight, begin + i) * (entry - shift * get(reference, begin + i))
                put(block, k * m + i, entry)
                bad += 0 if abs(entry) <= LARGEST else 1
        squares = 0.0
        for i in range(value_column * m, (value_column + 1) * m):
            squares += get(block, i) * get(block, i)
        cost[chunk] = squares
        nonfinite[chunk] = bad
        if len(out) > 0:
            for i in range((value_column + 1) * m):
                put(out, begin * (value_column + 1) + i, get(block, i))
        matrix = block[: (value_column + 1) * m].reshape((value_column + 1, m))
        triangularize(matrix, triangles[chunk])
'''
