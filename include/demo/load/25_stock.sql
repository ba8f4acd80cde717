INSERT INTO shop.stock (product_id) SELECT id FROM shop.products;
