ALTER TABLE "Invoice Line" ALTER COLUMN "Unit Price" TYPE numeric(12,4);
COMMENT ON COLUMN "Invoice Line"."Unit Price" IS $$per unit$$;
