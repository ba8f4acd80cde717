ALTER TABLE public.invoices ADD COLUMN vat numeric;
