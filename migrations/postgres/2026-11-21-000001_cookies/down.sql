DROP TABLE cookie;
