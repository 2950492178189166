"""A server with a dataset of products, for tests of what the page uses."""

import stores
from servers import ServerCase


class ApiCase(ServerCase):
    def write(self, rows=60, name="products.parquet", text="'text of product ' || i"):
        path = self.data / name
        stores.query(f"COPY (SELECT i::BIGINT AS product_id, {text} AS description, i % 3 AS kind,"
                     f" i * 1.25 AS price FROM range({rows}) r(i)) TO '{path}' (FORMAT parquet)")
        return path

    def add(self, server, rows=60, embed=True, **write):
        source = {"path": str(self.write(rows, **write))}
        proposal = self.ok(server.post("/api/v1/datasets/propose",
                                       {"name": "products", "source": source})).json
        self.ok(server.post("/api/v1/datasets", {"dataset": proposal["dataset"]}), 201)
        if embed:
            self.change(server, {"is_primary_key": True}, "product_id")
            self.change(server, {"embedding": {"model": "builtin:lexical"}})
        return proposal

    def change(self, server, change, column="description", status=200):
        answer = server.request("PATCH", f"/api/v1/datasets/products/columns/{column}", change)
        return self.ok(answer, status).json

    def refresh(self, server, state="done"):
        job = self.ok(server.post("/api/v1/datasets/products/refresh", {}), 202).json["job"]
        job = self.wait_for_job(server, job)
        self.assertEqual(job["state"], state, job)
        return job

    def status(self, server):
        columns = self.ok(server.get("/api/v1/datasets/products/status")).json["columns"]
        return next(column for column in columns if column["column"] == "description")
