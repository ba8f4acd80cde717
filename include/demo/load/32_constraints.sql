-- Foreign keys in both directions and to itself, one of them deferred.
ALTER TABLE shop.orders
    ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES shop.customers (id),
    ADD CONSTRAINT orders_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES shop.orders (id)
        ON UPDATE CASCADE ON DELETE SET NULL,
    ADD CONSTRAINT orders_total_check CHECK (total >= 0),
    ADD CONSTRAINT orders_shipping_name_check CHECK (shipping_name ~ '^[^ ]+ [^ ]+$');
ALTER TABLE shop.order_items
    ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.orders (id)
        ON UPDATE CASCADE ON DELETE CASCADE,
    ADD CONSTRAINT order_items_product_id_fkey FOREIGN KEY (product_id) REFERENCES shop.products (id);
ALTER TABLE shop.shipments
    ADD CONSTRAINT shipments_order_id_fkey FOREIGN KEY (order_id) REFERENCES shop.orders (id)
        ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE shop.stock
    ADD CONSTRAINT stock_product_id_fkey FOREIGN KEY (product_id) REFERENCES shop.products (id);
ALTER TABLE shop.movements
    ADD CONSTRAINT movements_product_id_fkey FOREIGN KEY (product_id) REFERENCES shop.products (id);
