DROP TABLE IF EXISTS public.messages, public.events, public.sessions, public.accounts;
