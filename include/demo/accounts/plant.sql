-- What a bug would do to the new side: a value that is not right, a row that is missing, one too many, a count that is off.
-- No process of the application owns these rows, so none mends them by writing.
UPDATE public.accounts SET display_name = 'planted' WHERE id = 1;
UPDATE public.accounts SET settings = settings - 'theme' WHERE id = 2;
DELETE FROM public.sessions WHERE id = md5('login3/1')::uuid;
INSERT INTO public.sessions (id, account_id, provider, access_token, expires_at)
VALUES ('00000000-0000-0000-0000-00000000dead', 4, 'google', 'planted', '2027-01-01Z');
UPDATE public.events SET request_count = request_count + 1 WHERE id = md5('event9')::uuid
