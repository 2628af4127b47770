/* Ipopt on a separable convex program: ipopt MODEL ANSWER SECONDS reads what writeBinary wrote, writes x, and prints "status cpu-seconds". */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "IpStdCInterface.h"

static int64_t n, m, nnz;
static double *cost, *quad, *lower, *upper, *row_lower, *row_upper, *value;
static int32_t *row, *col;

static void *read_array(FILE *f, size_t size, int64_t count) {
	void *p = malloc(size * (size_t)(count > 0 ? count : 1));
	if (p == NULL || fread(p, size, (size_t)count, f) != (size_t)count) {
		fprintf(stderr, "the model is cut short\n");
		exit(2);
	}
	return p;
}

static Bool eval_f(Index k, Number *x, Bool new_x, Number *obj, UserDataPtr user) {
	double sum = 0;
	for (Index i = 0; i < k; i++) sum += (cost[i] + quad[i] * x[i]) * x[i];
	*obj = sum;
	return TRUE;
}

static Bool eval_grad_f(Index k, Number *x, Bool new_x, Number *grad, UserDataPtr user) {
	for (Index i = 0; i < k; i++) grad[i] = cost[i] + 2 * quad[i] * x[i];
	return TRUE;
}

static Bool eval_g(Index k, Number *x, Bool new_x, Index rows, Number *g, UserDataPtr user) {
	memset(g, 0, sizeof(Number) * (size_t)rows);
	for (int64_t e = 0; e < nnz; e++) g[row[e]] += value[e] * x[col[e]];
	return TRUE;
}

static Bool eval_jac_g(Index k, Number *x, Bool new_x, Index rows, Index count, Index *i_row, Index *j_col, Number *values, UserDataPtr user) {
	for (Index e = 0; e < count; e++) {
		if (values != NULL) {
			values[e] = value[e];
		} else {
			i_row[e] = row[e];
			j_col[e] = col[e];
		}
	}
	return TRUE;
}

static Bool eval_h(Index k, Number *x, Bool new_x, Number factor, Index rows, Number *lambda, Bool new_lambda, Index count, Index *i_row,
		Index *j_col, Number *values, UserDataPtr user) {
	Index at = 0;
	for (Index i = 0; i < k; i++) {
		if (quad[i] == 0) continue;
		if (values != NULL) {
			values[at] = 2 * factor * quad[i];
		} else {
			i_row[at] = i;
			j_col[at] = i;
		}
		at++;
	}
	return TRUE;
}

int main(int argc, char **argv) {
	if (argc != 4) return 2;
	FILE *f = fopen(argv[1], "rb");
	if (f == NULL) return 2;
	int64_t *sizes = read_array(f, sizeof(int64_t), 3);
	n = sizes[0], m = sizes[1], nnz = sizes[2];
	cost = read_array(f, sizeof(double), n);
	quad = read_array(f, sizeof(double), n);
	lower = read_array(f, sizeof(double), n);
	upper = read_array(f, sizeof(double), n);
	read_array(f, sizeof(double), n); /* integrality: none here */
	row_lower = read_array(f, sizeof(double), m);
	row_upper = read_array(f, sizeof(double), m);
	row = read_array(f, sizeof(int32_t), nnz);
	col = read_array(f, sizeof(int32_t), nnz);
	value = read_array(f, sizeof(double), nnz);
	fclose(f);

	Index hessian = 0;
	for (int64_t i = 0; i < n; i++) hessian += quad[i] != 0;
	IpoptProblem p = CreateIpoptProblem((Index)n, lower, upper, (Index)m, row_lower, row_upper, (Index)nnz, hessian, 0,
		eval_f, eval_g, eval_grad_f, eval_jac_g, eval_h);
	if (p == NULL) return 2;
	AddIpoptIntOption(p, "print_level", 0);
	AddIpoptStrOption(p, "sb", "yes");
	AddIpoptStrOption(p, "hessian_constant", "yes");
	AddIpoptStrOption(p, "jac_c_constant", "yes");
	AddIpoptStrOption(p, "jac_d_constant", "yes");
	AddIpoptStrOption(p, "mehrotra_algorithm", "yes"); /* made for convex quadratic programs, and faster here */
	AddIpoptNumOption(p, "max_cpu_time", atof(argv[3]));

	double *x = malloc(sizeof(double) * (size_t)n), objective = 0;
	for (int64_t i = 0; i < n; i++) x[i] = upper[i] < 1e19 ? (lower[i] + upper[i]) / 2 : lower[i] + 1;
	clock_t before = clock();
	enum ApplicationReturnStatus status = IpoptSolve(p, x, NULL, &objective, NULL, NULL, NULL, NULL);
	printf("%d %.6f\n", (int)status, (double)(clock() - before) / CLOCKS_PER_SEC);
	f = fopen(argv[2], "wb");
	if (f == NULL || fwrite(x, sizeof(double), (size_t)n, f) != (size_t)n || fclose(f) != 0) return 2;
	return 0;
}
