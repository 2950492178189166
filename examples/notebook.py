#!/usr/bin/env python3
"""From a DuckDB table to vectors, search and a bundle, cell by cell; no pandas, no server.

  examples/notebook.py [FOLDER [MODEL]]      FOLDER is made anew; without one, a temporary one

Run it from a checkout after ./setup.sh --python --build, or with colvec installed.
"""

# %% Where things are
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "build" / "release" / "python"))

import numpy as np  # noqa: E402

import colvec  # noqa: E402

folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp(prefix="colvec_"))
model = sys.argv[2] if len(sys.argv) > 2 else "builtin:lexical"
colvec.make_example(folder, ROOT / "examples" / "sample_texts.csv")  # A DuckDB file with a table.

# %% Vectors of some texts
encoder = colvec.Encoder(model)
question = encoder.encode_query("How do I bake bread?")
answers = encoder.encode(["Bread is baked at 220 degrees.", "The train to Berlin is late."])
print("cosines:", np.round(answers @ question, 3))

# %% The table, embedded: run again, it does only what is new
config = {
    "input_db_path": str(folder / "input.duckdb"), "input_table": "source_texts",
    "output_db_path": str(folder / "output.duckdb"), "output_table": "embedded_texts",
    "id_column": "document_id", "text_column": "content",
}
first = colvec.process_duckdb_for_embeddings(config, encoder, batch_size=64, logger=print)
again = colvec.process_duckdb_for_embeddings(config, encoder, batch_size=64, logger=print)
print(f"{first['rows_written']} rows, and {again['rows_written']} the second time")

# %% The same table as a dataset, whose column stays embedded
home = folder / "home"
texts = colvec.Dataset.add("texts", folder / "input.duckdb", table="source_texts",
                           key="document_id", home=home)
texts.set_embedding("content", model=model)
run = texts.refresh()
print(f"{run['outcome']}: {run['columns'][0]['texts_embedded']} texts embedded")

# %% Search
for hit in texts.search("content", "music and instruments", k=3):
    print(f"{hit['score']:.3f}  {hit['content'][:70]}")

# %% What the store has
rows = texts.store("content").query(keys=[1, 2])
print(len(rows), "rows of the store, vectors", rows.vectors.shape)

# %% A bundle for another host: known texts do not reach the model
bundle = texts.deploy(folder / "bundle")
print("the smallest cosine of its self-check:", round(bundle.verify()["cosine_min"], 6))
encoded = bundle.encode(folder / "input.duckdb", folder / "with_vectors.parquet",
                        table="source_texts")
print(encoded["columns"][0]["texts_embedded"], "texts were new to the bundle")
print("from the bundle:", bundle.encoders()["content"].encode(["one more"]).shape)
