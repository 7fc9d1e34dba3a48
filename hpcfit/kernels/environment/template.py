"""The part of a bond environment's kernels that is the same for every formula, as text.

It works on slots (slots.py), gradients of the eight bonds x, and on the vectors V_xy of the
bonds y of the site, 24 numbers each. With few lines for any number of columns, kernels compile fast.
"""

FUNCTIONS = '''
@kernel
def move(scratch, b, step, count, weights, slopes, capacity, zx, zy, zz, ux, uy, uz):
    """Add (row k of `weights`) * z + (row k of `slopes`) * u to slot k, for k < count."""
    for k in range(count):
        weight = load(scratch, weights + k * capacity)
        slope = load(scratch, slopes + k * capacity)
        accumulate(scratch, b, weight * zx + slope * ux)
        accumulate(scratch, b + 8, weight * zy + slope * uy)
        accumulate(scratch, b + 16, weight * zz + slope * uz)
        b += step


@kernel
def respond(scratch, b, step, count, weights, capacity, begin, end, vectors):
    """Add sum_y (row k of `weights`)[y] * V_y to slot k, for k < count."""
    k = 0
    while k + 4 <= count:
        x0 = y0 = z0 = x1 = y1 = z1 = x2 = y2 = z2 = x3 = y3 = z3 = zero()
        for y in range(begin, end):
            at = vectors + 24 * (y - begin)
            vx, vy, vz = load(scratch, at), load(scratch, at + 8), load(scratch, at + 16)
            w = weights + y
            w0, w1 = get(scratch, w), get(scratch, w + capacity)
            w2, w3 = get(scratch, w + 2 * capacity), get(scratch, w + 3 * capacity)
            x0, y0, z0 = x0 + w0 * vx, y0 + w0 * vy, z0 + w0 * vz
            x1, y1, z1 = x1 + w1 * vx, y1 + w1 * vy, z1 + w1 * vz
            x2, y2, z2 = x2 + w2 * vx, y2 + w2 * vy, z2 + w2 * vz
            x3, y3, z3 = x3 + w3 * vx, y3 + w3 * vy, z3 + w3 * vz
        add_to_slot(scratch, b, x0, y0, z0)
        add_to_slot(scratch, b + step, x1, y1, z1)
        add_to_slot(scratch, b + 2 * step, x2, y2, z2)
        add_to_slot(scratch, b + 3 * step, x3, y3, z3)
        b += 4 * step
        weights += 4 * capacity
        k += 4
    while k < count:
        x0 = y0 = z0 = zero()
        for y in range(begin, end):
            at = vectors + 24 * (y - begin)
            w0 = get(scratch, weights + y)
            x0 = x0 + w0 * load(scratch, at)
            y0 = y0 + w0 * load(scratch, at + 8)
            z0 = z0 + w0 * load(scratch, at + 16)
        add_to_slot(scratch, b, x0, y0, z0)
        b += step
        weights += capacity
        k += 1


@kernel
def add_to_slot(scratch, b, x, y, z):
    accumulate(scratch, b, x)
    accumulate(scratch, b + 8, y)
    accumulate(scratch, b + 16, z)


@kernel
def spread(scratch, b, column, share, lanes, v, r, cutoff, ux, uy, uz, row, rows_of, n_rows, predictions,
           sums):
    """A slot to the force rows of a column, and `share` of it to the virial. The neighbours of the first
    `lanes` bonds get minus the gradients."""
    gx = where_less(r, cutoff, load(scratch, b), 0.0)
    gy = where_less(r, cutoff, load(scratch, b + 8), 0.0)
    gz = where_less(r, cutoff, load(scratch, b + 16), 0.0)
    increase_by_total(predictions, column * n_rows + row, gx, gy, gz)
    if lanes > 0:
        store_triples(scratch, b, gx, gy, gz)
    for lane in range(lanes):
        decrease_by_triple(predictions, column * n_rows + get(rows_of, v + lane), scratch, b + 4 * lane)
    if STRESS:
        place = STRIDE * column + 16
        length = share * r
        accumulate(sums, place, ux * (length * gx))
        accumulate(sums, place + 8, uy * (length * gy))
        accumulate(sums, place + 16, uz * (length * gz))
        accumulate(sums, place + 24, uy * (length * gz))
        accumulate(sums, place + 32, ux * (length * gz))
        accumulate(sums, place + 40, ux * (length * gy))
'''

#: for gradients by functions S_k of the atom, see density/term_sites.py
PUSH = '''
@kernel
def push(scratch, b, values, slots, centre, i, lanes, v, r, cutoff, ux, uy, uz, row, rows_of, most_atoms,
         responses, response_sums, pushed, width):
    """The slot of a function times what that responds to (from `values` on), for each parameter in `slots` of
    a species; to the centre, atom i, and minus that to its neighbours."""
    gx = where_less(r, cutoff, load(scratch, b), 0.0)
    gy = where_less(r, cutoff, load(scratch, b + 8), 0.0)
    gz = where_less(r, cutoff, load(scratch, b + 16), 0.0)
    tx, ty, tz = total(gx), total(gy), total(gz)
    xx, yy, zz = total(r * ux * gx), total(r * uy * gy), total(r * uz * gz)
    yz, xz, xy = total(r * uy * gz), total(r * ux * gz), total(r * ux * gy)
    for s in range(0, slots, 8):
        q = load(responses, values + s)
        to = (centre * most_atoms + i) * 3 * width + s
        accumulate(pushed, to, q * tx)
        accumulate(pushed, to + width, q * ty)
        accumulate(pushed, to + 2 * width, q * tz)
        for lane in range(lanes):
            to = (centre * most_atoms + i + (get(rows_of, v + lane) - row) // 3) * 3 * width + s
            accumulate(pushed, to, -get(scratch, b + lane) * q)
            accumulate(pushed, to + width, -get(scratch, b + 8 + lane) * q)
            accumulate(pushed, to + 2 * width, -get(scratch, b + 16 + lane) * q)
        if STRESS:
            to = (centre * 7 + 1) * width + s
            accumulate(response_sums, to, q * xx)
            accumulate(response_sums, to + width, q * yy)
            accumulate(response_sums, to + 2 * width, q * zz)
            accumulate(response_sums, to + 3 * width, q * yz)
            accumulate(response_sums, to + 4 * width, q * xz)
            accumulate(response_sums, to + 5 * width, q * xy)
'''
