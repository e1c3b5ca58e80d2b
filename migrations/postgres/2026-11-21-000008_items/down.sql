DROP VIEW v_items;
DROP TABLE item_tally;
DROP TABLE listing;
DROP TABLE detail;
DROP TABLE item;
