CREATE TABLE orders (month text NOT NULL, amount bigint NOT NULL); -- in cents
CREATE TABLE closed_months (month text PRIMARY KEY);
INSERT INTO orders SELECT '2011-01', n FROM generate_series(1, 100000) AS n;
