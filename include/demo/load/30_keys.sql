ALTER TABLE shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE shop.orders ADD CONSTRAINT orders_external_no_key UNIQUE (external_no);
ALTER TABLE shop.order_items ADD CONSTRAINT order_items_pkey PRIMARY KEY (id);
ALTER TABLE shop.shipments ADD CONSTRAINT shipments_pkey PRIMARY KEY (id);
ALTER TABLE shop.stock ADD CONSTRAINT stock_pkey PRIMARY KEY (product_id);
ALTER TABLE shop.movements ADD CONSTRAINT movements_pkey PRIMARY KEY (id);
