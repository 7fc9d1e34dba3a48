"""Two potentials written by hand as site functions, with the derivatives by their parameters.

Examples of what a plugin may bring, and what benchmarks and tests hold against the same potentials of the
catalogue, `lennard-jones` and `stillinger-weber-kim`. Loaded by a job, they are also to be used:

    [plugins]
    load = ["site_potentials.py"]
"""

from math import exp, log

from hpcfit.formula.potential import ParameterSpec
from hpcfit.kernels import SiteFunction
from hpcfit.registry import hookimpl

# Parameters of Stillinger-Weber in their order.
A, B, P, Q, SIGMA, GAMMA, RC, LAMBDA, COS0 = range(9)


def lj_energy(vectors, distances, parameters, gradients):
    """Half of 4 epsilon ((sigma/r)^12 - (sigma/r)^6) for each bond, shifted to zero at 3 sigma."""
    epsilon, sigma = parameters[0], parameters[1]
    at_cutoff = 3.0**-12 - 3.0**-6
    energy = 0.0
    for x in range(len(distances)):
        r = distances[x]
        six = (sigma / r) ** 6
        energy += 2.0 * epsilon * (six * six - six - at_cutoff)
        slope = -12.0 * epsilon * (2.0 * six * six - six) / (r * r)
        for axis in range(3):
            gradients[x, axis] = slope * vectors[x, axis]
    return energy


def lj_jacobian(vectors, distances, parameters, d_energy, d_gradients):
    """The derivatives of energy and gradients by epsilon and sigma."""
    epsilon, sigma = parameters[0], parameters[1]
    at_cutoff = 3.0**-12 - 3.0**-6
    for x in range(len(distances)):
        r = distances[x]
        six = (sigma / r) ** 6
        d_energy[0] += 2.0 * (six * six - six - at_cutoff)
        d_energy[1] += 2.0 * epsilon * (12.0 * six * six - 6.0 * six) / sigma
        by_epsilon = -12.0 * (2.0 * six * six - six) / (r * r)
        by_sigma = -12.0 * epsilon * (24.0 * six * six - 6.0 * six) / (sigma * r * r)
        for axis in range(3):
            d_gradients[0, x, axis] = by_epsilon * vectors[x, axis]
            d_gradients[1, x, axis] = by_sigma * vectors[x, axis]


def lj_weighted(vectors, distances, parameters, energy_weight, gradient_weights, d_sum):
    """What `lj_jacobian` gives, summed with weights."""
    epsilon, sigma = parameters[0], parameters[1]
    at_cutoff = 3.0**-12 - 3.0**-6
    for x in range(len(distances)):
        r = distances[x]
        six = (sigma / r) ** 6
        along = 0.0
        for axis in range(3):
            along += gradient_weights[x, axis] * vectors[x, axis]
        along *= -12.0 / (r * r)
        d_sum[0] += 2.0 * energy_weight * (six * six - six - at_cutoff) + along * (2.0 * six * six - six)
        twelve = 12.0 * six * six - 6.0 * six
        d_sum[1] += (2.0 * energy_weight * twelve + along * (24.0 * six * six - 6.0 * six)) * epsilon / sigma


def sw_energy(vectors, distances, species, centre, parameters, place, gradients):
    """Stillinger and Weber's energies with the numbers of each pair and triplet of species."""
    energy = 0.0
    for x in range(len(distances)):
        a, r, i = species[x], distances[x], centre
        sigma, rc = parameters[place[SIGMA, i, a, 0]], parameters[place[RC, i, a, 0]]
        p, q = parameters[place[P, i, a, 0]], parameters[place[Q, i, a, 0]]
        strength, b = parameters[place[A, i, a, 0]], parameters[place[B, i, a, 0]]
        sp, sq, ending = (sigma / r) ** p, (sigma / r) ** q, 0.5 * exp(sigma / (r - rc))
        value = strength * (b * sp - sq)
        slope = -strength * (b * p * sp - q * sq) / r - value * sigma / (r - rc) ** 2
        energy += ending * value
        for axis in range(3):
            gradients[x, axis] += ending * slope / r * vectors[x, axis]
        gamma = parameters[place[GAMMA, i, a, 0]]
        of_x = exp(gamma / (r - rc))
        bend_x = -gamma / (r - rc) ** 2
        for y in range(x):
            c, s = species[y], distances[y]
            rcy, gammay = parameters[place[RC, i, c, 0]], parameters[place[GAMMA, i, c, 0]]
            cosine = 0.0
            for axis in range(3):
                cosine += vectors[x, axis] * vectors[y, axis]
            cosine /= r * s
            h = cosine - parameters[place[COS0, i, a, c]]
            scale = parameters[place[LAMBDA, i, a, c]] * of_x * exp(gammay / (s - rcy))
            energy += scale * h * h
            turn = 2.0 * scale * h
            along_x = scale * h * h * bend_x - turn * cosine / r
            along_y = -scale * h * h * gammay / (s - rcy) ** 2 - turn * cosine / s
            for axis in range(3):
                ux, uy = vectors[x, axis] / r, vectors[y, axis] / s
                gradients[x, axis] += along_x * ux + turn / r * uy
                gradients[y, axis] += along_y * uy + turn / s * ux
    return energy


def sw_jacobian(vectors, distances, species, centre, parameters, place, wanted, d_energy, d_gradients):
    """The derivatives of `sw_energy` by all of its numbers that are wanted."""
    i = centre
    for x in range(len(distances)):
        a, r = species[x], distances[x]
        sigma, rc = parameters[place[SIGMA, i, a, 0]], parameters[place[RC, i, a, 0]]
        p, q = parameters[place[P, i, a, 0]], parameters[place[Q, i, a, 0]]
        strength, b = parameters[place[A, i, a, 0]], parameters[place[B, i, a, 0]]
        gamma, d = parameters[place[GAMMA, i, a, 0]], r - rc
        sp, sq, ending = (sigma / r) ** p, (sigma / r) ** q, 0.5 * exp(sigma / d)
        value, slope = strength * (b * sp - sq), -strength * (b * p * sp - q * sq) / r
        bend = -sigma / (d * d)
        for k in range(RC + 1):
            n = place[k, i, a, 0]
            if k == GAMMA or not wanted[n]:
                continue
            # Of value and slope, and of the exponent sigma/(r - rc) and its derivative by r.
            by, slope_by, exponent_by, bend_by = 0.0, 0.0, 0.0, 0.0
            if k == A:
                by, slope_by = value / strength, slope / strength
            elif k == B:
                by, slope_by = strength * sp, -strength * p * sp / r
            elif k == P:
                by = strength * b * sp * log(sigma / r)
                slope_by = -strength * b * sp * (1.0 + p * log(sigma / r)) / r
            elif k == Q:
                by = -strength * sq * log(sigma / r)
                slope_by = strength * sq * (1.0 + q * log(sigma / r)) / r
            elif k == SIGMA:
                by = strength * (b * p * sp - q * sq) / sigma
                slope_by = -strength * (b * p * p * sp - q * q * sq) / (r * sigma)
                exponent_by, bend_by = 1.0 / d, -1.0 / (d * d)
            else:
                exponent_by, bend_by = sigma / (d * d), -2.0 * sigma / (d * d * d)
            d_energy[n] += ending * (by + value * exponent_by)
            along = exponent_by * (slope + value * bend) + slope_by + by * bend + value * bend_by
            for axis in range(3):
                d_gradients[n, x, axis] += ending * along / r * vectors[x, axis]
        of_x, bend_x = exp(gamma / d), -gamma / (d * d)
        for y in range(x):
            c, s = species[y], distances[y]
            rcy, gammay = parameters[place[RC, i, c, 0]], parameters[place[GAMMA, i, c, 0]]
            e = s - rcy
            cosine = 0.0
            for axis in range(3):
                cosine += vectors[x, axis] * vectors[y, axis]
            cosine /= r * s
            strength3 = parameters[place[LAMBDA, i, a, c]]
            h = cosine - parameters[place[COS0, i, a, c]]
            both = of_x * exp(gammay / e)
            bend_y = -gammay / (e * e)
            of_lambda, of_cosine = place[LAMBDA, i, a, c], place[COS0, i, a, c]
            d_energy[of_lambda] += both * h * h
            d_energy[of_cosine] -= 2.0 * strength3 * both * h
            of_pairs = (place[GAMMA, i, a, 0], place[RC, i, a, 0], place[GAMMA, i, c, 0], place[RC, i, c, 0])
            # Of the exponent, and of its derivative by the distance that it belongs to.
            exponents = (1.0 / d, gamma / (d * d), 1.0 / e, gammay / (e * e))
            bends = (-1.0 / (d * d), -2.0 * gamma / (d * d * d), -1.0 / (e * e), -2.0 * gammay / (e * e * e))
            for k in range(4):
                d_energy[of_pairs[k]] += strength3 * both * h * h * exponents[k]
            for axis in range(3):
                ux, uy = vectors[x, axis] / r, vectors[y, axis] / s
                turn_x, turn_y = (uy - cosine * ux) / r, (ux - cosine * uy) / s
                gx = both * (h * h * bend_x * ux + 2.0 * h * turn_x)
                gy = both * (h * h * bend_y * uy + 2.0 * h * turn_y)
                d_gradients[of_lambda, x, axis] += gx
                d_gradients[of_lambda, y, axis] += gy
                d_gradients[of_cosine, x, axis] -= 2.0 * strength3 * both * (h * bend_x * ux + turn_x)
                d_gradients[of_cosine, y, axis] -= 2.0 * strength3 * both * (h * bend_y * uy + turn_y)
                for k in range(4):
                    d_gradients[of_pairs[k], x, axis] += strength3 * gx * exponents[k]
                    d_gradients[of_pairs[k], y, axis] += strength3 * gy * exponents[k]
                    if k < 2:
                        d_gradients[of_pairs[k], x, axis] += strength3 * both * h * h * bends[k] * ux
                    else:
                        d_gradients[of_pairs[k], y, axis] += strength3 * both * h * h * bends[k] * uy


LENNARD_JONES = SiteFunction(
    name="site-lennard-jones",
    parameters=(
        ParameterSpec("epsilon", "shared", None, "eV", "depth of the well", minimum=0.0),
        ParameterSpec("sigma", "shared", None, "angstrom", "distance of zero energy", minimum=0.0),
    ),
    cutoff="3*sigma",
    energy_and_gradient=lj_energy,
    jacobian=lj_jacobian,
    weighted_gradient=lj_weighted,
    summary="Lennard-Jones as a site function",
)
STILLINGER_WEBER = SiteFunction(
    name="site-stillinger-weber",
    parameters=(
        ParameterSpec("A", "pair", 15.28484792, "eV", "strength of the two-body term"),
        ParameterSpec("B", "pair", 0.60222456, "", "repulsion in the two-body term"),
        ParameterSpec("p", "pair", 4.0, "", "exponent of the repulsion"),
        ParameterSpec("q", "pair", 0.0, "", "exponent of the attraction"),
        ParameterSpec("sigma", "pair", 2.0951, "angstrom", "range of the two-body term", minimum=0.0),
        ParameterSpec("gamma", "pair", 2.51412, "angstrom", "range of the three-body term"),
        ParameterSpec("rc", "pair", 3.77118, "angstrom", "cutoff", minimum=0.0),
        ParameterSpec("lambda", "triplet", 45.5322, "eV", "strength of the three-body term"),
        ParameterSpec("costheta0", "triplet", -1.0 / 3.0, "", "cosine of the preferred angle"),
    ),
    cutoff="rc",
    energy_and_gradient=sw_energy,
    jacobian=sw_jacobian,
    summary="Stillinger-Weber as a site function",
)


@hookimpl
def hpcfit_potentials():
    """Both, under their names."""
    return {each.name: each for each in (LENNARD_JONES, STILLINGER_WEBER)}
