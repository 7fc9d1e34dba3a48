"""The part of a generated module that potentials with densities need besides template.py, as text.

For each configuration and each such potential: densities of all atoms, terms that contain densities,
embedding, forces (plan.py). What belongs to atoms lies in arrays for the largest configuration:

    fields          rows over atoms: the components of densities, A_c = dE/dc, ... (atom_rows.py)
    responses       derivatives of those by parameters, atom by atom (slots.py)
    response_sums   of each species of centres, 7 * width numbers: the energy and six virials by slot
    pushed          forces by slot, of each species of centres on each atom (term_sites.py)
    work, places    of eight atoms at a time (embedding_stage.py)
"""

from __future__ import annotations

#: arguments of `fill`
ARRAYS = "fields, most_atoms, responses, response_sums, pushed, places, work"

ALLOCATE = """
    largest = 0
    for configuration in range(bounds[0], bounds[-1]):
        largest = max(largest, first_atom[configuration + 1] - first_atom[configuration])
    most_atoms = 8 * (largest // 8 + 1)
    span = 0
    width = 0
    pushed_width = 0
WIDEST
    fields = np.zeros(FIELD_ROWS * most_atoms)
    responses = np.zeros(most_atoms * span)
    response_sums = np.zeros(N_SPECIES * 7 * width)
    pushed = np.zeros(N_SPECIES * most_atoms * 3 * pushed_width)
    places = np.empty(8, dtype=np.int64)
    work = np.empty(WORK_SIZE)
"""

WIDEST = """
    span = max(span, ROWS_OF_ATOM * get(columns, FIRST))
    width = max(width, get(columns, FIRST))
"""

WIDEST_PUSHED = """
    pushed_width = max(pushed_width, get(columns, FIRST))
"""

CLEAR = """
        for c in range(N_CLEARED):
            for i in range(c * most_atoms, c * most_atoms + 8 * ((end - begin + 7) // 8)):
                put(fields, i, 0.0)
"""

CLEAR_RESPONSES = """
        width = get(columns, FIRST)
        for i in range((end - begin) * ROWS_OF_ATOM * width):
            put(responses, i, 0.0)
        for i in range(N_SPECIES * 7 * width):
            put(response_sums, i, 0.0)
"""

CLEAR_PUSHED = """
        for kind in range(N_SPECIES):
            for i in range(3 * (end - begin) * width):
                put(pushed, kind * most_atoms * 3 * width + i, 0.0)
"""

NO_RESPONSES = """
        width = 0
"""

CALL_DENSITIES = """
        atom = begin
        while atom < end:
            next_atom, n_vectors = compact(
                atom, end, begin, 1, -begin, ENTRY, N_ENTRIES, WITH_VECTORS, False, False, species,
                first_bond, neighbor, vector, distance, table, scratch, capacity, rows_of, owners, kinds,
                groups)
            NAME(atom, next_atom, begin, species, groups, scratch, capacity, table, columns, fields,
                 most_atoms, responses, width)
            atom = next_atom
"""

CALL_VALUES = """
        NAME(begin, end, species, table, columns, fields, most_atoms, places, work, responses, width)
"""

CALL_TERM = """
        atom = begin
        while atom < end:
            next_atom, n_vectors = compact(
                atom, end, begin, 3, origin, ENTRY, N_ENTRIES, True, True, True, species, first_bond,
                neighbor, vector, distance, table, scratch, capacity, rows_of, owners, kinds, groups)
            term_bonds_LABEL(n_vectors, kinds, scratch, capacity, table, columns, value_column, sums,
                             owners, fields, most_atoms)
            term_sites_LABEL(atom, next_atom, origin, species, groups, rows_of, scratch, capacity, table,
                             columns, value_column, n_rows, predictions, sums, begin, fields, most_atoms,
                             responses, response_sums, pushed, width)
            atom = next_atom
"""

CALL_EMBEDDING = """
        NAME(begin, end, species, table, columns, value_column, sums, fields, most_atoms, places, work,
             responses, width, response_sums)
"""

CALL_FORCES = """
        atom = begin
        while atom < end:
            next_atom, n_vectors = compact(
                atom, end, begin, 1, -begin, ENTRY, N_ENTRIES, True, True, True, species, first_bond,
                neighbor, vector, distance, table, scratch, capacity, rows_of, owners, kinds, groups)
            bonds_NUMBER(n_vectors, kinds, scratch, capacity, table, columns, value_column, sums,
                         owners, rows_of, fields, most_atoms)
            sites_NUMBER(atom, next_atom, origin, species, groups, rows_of, scratch, capacity, table, columns,
                         value_column, n_rows, predictions, sums, begin, responses, response_sums)
            atom = next_atom
"""

ADD_RESPONSES = """
        for kind in range(N_SPECIES):
            slots = get(columns, FIRST + 2 + 2 * kind)
            for s in range(get(columns, FIRST + 1 + 2 * kind)):
                k = get(columns, slots + s)
                increase(predictions, k * n_rows + row, get(response_sums, kind * 7 * width + s))
                if STRESS:
                    for c in range(6):
                        increase(sums, k * STRIDE + 8 * (c + 2),
                                 get(response_sums, (kind * 7 + 1 + c) * width + s))
"""

ADD_PUSHED = """
        for kind in range(N_SPECIES):
            slots = get(columns, FIRST + 2 + 2 * kind)
            for s in range(get(columns, FIRST + 1 + 2 * kind)):
                to = get(columns, slots + s) * n_rows + row + 1
                for i in range(3 * (end - begin)):
                    increase(predictions, to + i, get(pushed, (kind * most_atoms * 3 + i) * width + s))
"""

#: what slots go through in terms with densities (term_sites.py), besides `spread` and `push`
#: (environment/template.py)
TERM_FUNCTIONS = '''
@kernel
def start_slots(scratch, b, first, last, count, capacity, ux, uy, uz):
    """Set `count` slots from b on to a slope times the unit vectors: rows first, .. last, of the bonds."""
    for row in range(first, last, capacity):
        w = load(scratch, row)
        store(scratch, b, w * ux)
        store(scratch, b + 8, w * uy)
        store(scratch, b + 16, w * uz)
        store(scratch, b + 24, zero())
        b += 32
        count -= 1
    for k in range(4 * count):
        store(scratch, b + 8 * k, zero())


@kernel
def add_triplets(scratch, b, slope, hx, hy, hz, inverse, ux, uy, uz, energy):
    """Add energy and gradient of a triplet term to a slot (triplet_loop.py)."""
    along = slope - (hx * ux + hy * uy + hz * uz) * inverse
    accumulate(scratch, b, along * ux + hx * inverse)
    accumulate(scratch, b + 8, along * uy + hy * inverse)
    accumulate(scratch, b + 16, along * uz + hz * inverse)
    accumulate(scratch, b + 24, energy)


@kernel
def finish_slot(scratch, b, column, share, lanes, v, r, cutoff, ux, uy, uz, row, rows_of, n_rows, predictions,
                sums):
    """Energies of triplets and gradients in a slot, to a column."""
    accumulate(sums, STRIDE * column + 8, where_less(r, cutoff, load(scratch, b + 24), 0.0))
    spread(scratch, b, column, share, lanes, v, r, cutoff, ux, uy, uz, row, rows_of, n_rows, predictions,
           sums)
'''
