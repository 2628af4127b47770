"""HiGHS through scipy: highs.py MODEL ANSWER SECONDS reads what writeBinary wrote, writes x, and prints "status cpu-seconds"."""

import sys
import time

import numpy as np
import scipy
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_matrix


def main(model, answer, seconds):
    with open(model, "rb") as f:
        n, m, nnz = np.fromfile(f, "<i8", 3)
        cost, _, lower, upper, integer = (np.fromfile(f, "<f8", n) for _ in range(5))
        row_lower, row_upper = (np.fromfile(f, "<f8", m) for _ in range(2))
        row, col = (np.fromfile(f, "<i4", nnz) for _ in range(2))
        value = np.fromfile(f, "<f8", nnz)
    rows = LinearConstraint(csc_matrix((value, (row, col)), shape=(m, n)), row_lower, row_upper)
    before = time.process_time()
    result = milp(
        cost,
        integrality=integer if integer.any() else None,
        bounds=Bounds(lower, upper),
        constraints=rows,
        options={"time_limit": float(seconds), "mip_rel_gap": 0.0},
    )
    spent = time.process_time() - before
    (result.x if result.x is not None else np.zeros(0)).astype("<f8").tofile(answer)
    print(result.status, f"{spent:.6f}")


if len(sys.argv) == 2:  # any argument alone: the version, as the solver itself prints it
    print("scipy", scipy.__version__)
    milp([1.0], options={"disp": True})
else:
    main(*sys.argv[1:])
