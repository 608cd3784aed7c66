/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - CPU time and memory of this process and of others, and sizes of files. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CPU time of all threads of this process, and of the calling thread. */
int64_t measure_cpu_ns(void);
int64_t measure_thread_cpu_ns(void);

/* CPU time of another process, also of its threads that have ended; -1 if it is gone. What runs at
 * the moment may be short by a clock tick. */
int64_t measure_cpu_of_ns(pid_t pid);

struct measure_memory {
	uint64_t rss, peak, anonymous; /* bytes; peak is that of rss */
};

/* Memory of a process, 0 for this one; all zero if it is gone. */
struct measure_memory measure_memory(pid_t pid);

/* Lets the peak of a process, 0 for this one, begin at what is resident now. */
void measure_reset_peak(pid_t pid);

/* Size of a file; 0 if it is absent. */
uint64_t measure_file_bytes(const char *path);

/* The value below which the share `q` of all lies, 0.5 for the median; sorts them. */
double measure_quantile(double *values, size_t n, double q);

/* What is measured: returns how many rows it found. */
typedef uint64_t measure_fn(void *arg);

/* The thread's CPU time of one call of `fn`, in milliseconds. */
double measure_once_ms(measure_fn *fn, void *arg);

/* Calls `fn` once to warm it up, then 21 times (fewer if that lasts over ten seconds), and returns
 * the median of the thread's CPU time in milliseconds. The number of rows goes to `*ret_rows`. */
double measure_median_ms(measure_fn *fn, void *arg, uint64_t *ret_rows);
