DROP FUNCTION public.f();
DROP TYPE public.lead_status;
