"""What networkx reads from exports of links: for each file its nodes and edges as JSON.

{FILE: {"nodes": [URL...], "edges": [[SOURCE, TARGET, {attribute: text}]...]}}, all sorted. The ending
of a file's name says what it is: graphml, dot, csv (links), tsv (pairs).
Usage: graph_edges.py FILE...
"""

import csv
import json
import sys

import networkx as nx


def graphml(name):
    graph = nx.read_graphml(name)
    return nx.relabel_nodes(graph, {node: data["url"] for node, data in graph.nodes(data=True)})


def unquoted(text):
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return text


def dot(name):
    read = nx.nx_pydot.read_dot(name)
    graph = nx.MultiDiGraph()
    for source, target, data in read.edges(data=True):
        attributes = {key: unquoted(value) for key, value in data.items()}
        graph.add_edge(unquoted(source), unquoted(target), **attributes)
    # pydot takes the line ends of a file for a node.
    graph.add_nodes_from(unquoted(node) for node in read.nodes if node not in ("\\n", '"\\n"'))
    return graph


def sheet(name):
    with open(name, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    graph = nx.MultiDiGraph()
    for row in rows:
        data = {key: row[key] for key in ("kind", "text", "nofollow") if row[key] != ""}
        graph.add_edge(row["source"], row["target"], **data)
    return graph


def pairs(name):
    with open(name, encoding="utf-8") as file:
        header = next(file)
        assert header == "source_url\tparsed_url\n", header
        return nx.parse_edgelist(file, delimiter="\t", comments=None, create_using=nx.DiGraph)


def plain(data):
    return {
        key: str(value).lower() if isinstance(value, bool) else str(value)
        for key, value in data.items()
        if key != "id"
    }


READERS = {"graphml": graphml, "dot": dot, "csv": sheet, "tsv": pairs}


def read(name):
    graph = READERS[name.rsplit(".", 1)[-1]](name)
    edges = [[source, target, plain(data)] for source, target, data in graph.edges(data=True)]
    return {"nodes": sorted(graph.nodes), "edges": sorted(edges, key=json.dumps)}


json.dump({name: read(name) for name in sys.argv[1:]}, sys.stdout)
