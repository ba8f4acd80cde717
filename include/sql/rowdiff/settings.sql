-- Text forms must lose nothing (shortest-exact floats, microseconds, offsets), and no row may be hidden by a policy.
-- SET LOCAL, because behind a transaction pooler the session is not ours. The compared ranges are small and the
-- caller runs several at once, so neither JIT nor parallel plans pay.
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL intervalstyle = 'postgres';
SET LOCAL timezone = 'UTC';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';
SET LOCAL xmlbinary = 'base64';
SET LOCAL lc_monetary = 'C';
SET LOCAL array_nulls = on;
SET LOCAL row_security = off;
SET LOCAL work_mem = '32MB';
SET LOCAL jit = off;
SET LOCAL max_parallel_workers_per_gather = 0;
