-- the busiest pages
SELECT count(*) FROM public.leads WHERE status = 'ACTIVE';
WITH recent AS (SELECT * FROM public.leads ORDER BY id DESC LIMIT 10) SELECT * FROM recent;
