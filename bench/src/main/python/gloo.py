"""PyTorch's gloo: all_to_all_single and index_select, with all buffers made once.

Started as one process a rank with RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT. Usage: gloo.py SOCKET JOB

Rows stay BF16 except where float32 sums need them. The routing is worked out once, before the rounds.
"""

import os
import socket
import sys
import time

import numpy as np
import torch
import torch.distributed as dist

MAGIC = 0x31424F4A4B4E4C4D
BLOCK = 32  # rows that are summed at a time, so that their float32 copies stay in the caches


class Job:
    """A job as the harness wrote it; JobFile.java says how."""

    def __init__(self, path):
        data = np.fromfile(path, "<i4")
        if data[:2].view("<i8")[0] != MAGIC:
            sys.exit(f"moelink bench: {path}: no job of moelink bench")
        self.ranks, self.experts, self.topk, self.hidden = (int(x) for x in data[2:6])
        at = 6 + self.ranks + 1
        self.first_expert = data[6:at]
        self.tokens, self.ids, self.weights = [], [], []
        for _ in range(self.ranks):
            tokens = int(data[at])
            slots = tokens * self.topk
            self.tokens.append(tokens)
            self.ids.append(data[at + 1 : at + 1 + slots])
            self.weights.append(data[at + 1 + slots : at + 1 + 2 * slots].view("<f4"))
            at += 1 + 2 * slots

    def rows(self, rank):
        """The rows of a rank's tokens, [tokens, hidden] BF16."""
        first = sum(self.tokens[:rank]) + 1
        token = np.arange(first, first + self.tokens[rank], dtype=np.uint32)[:, None]
        element = np.arange(self.hidden, dtype=np.uint32)[None, :]
        bits = token * np.uint32(0x9E3779B1) + element * np.uint32(0x85EBCA6B)
        bits = (bits ^ bits >> np.uint32(15)) * np.uint32(0x2C1B3C6D)
        bits ^= bits >> np.uint32(12)
        words = (bits & np.uint32(0x8000)) | (np.uint32(0x3E00) + (bits >> np.uint32(16) & np.uint32(0x1FF)))
        return torch.from_numpy(words.astype(np.uint16).view(np.int16)).view(torch.bfloat16)

    def owners(self, rank):
        """The rank of each slot's expert, -1 where there is none: [tokens * K]."""
        ids = self.ids[rank]
        owner = np.searchsorted(self.first_expert[1:], ids, side="right")
        return np.where(ids < 0, -1, owner)


def hash_rows(tensor):
    words = tensor.contiguous().view(torch.int16).numpy().reshape(-1).view(np.uint64)
    total = np.uint64(0)
    step = 1 << 20
    with np.errstate(over="ignore"):
        for start in range(0, words.size, step):
            part = words[start : start + step]
            place = np.arange(start + 1, start + 1 + part.size, dtype=np.uint64)
            bits = part + place * np.uint64(0x9E3779B97F4A7C15)
            bits = (bits ^ bits >> np.uint64(32)) * np.uint64(0xD6E8FEB86659FD93)
            total += (bits ^ bits >> np.uint64(32)).sum(dtype=np.uint64)
    return int(total)


class Block:
    """Some sums of a few rows each, longest first as far as possible: term i of the first `used[i]` sums."""

    def __init__(self, lists, weights, places):
        most = max(len(x) for x in lists)
        self.count = len(lists)
        self.places = None if places is None else torch.tensor(places)
        self.terms = []
        for i in range(most):
            used = 1 + max(at for at, x in enumerate(lists) if len(x) > i)
            # a sum that is over already adds one of its rows with weight 0
            rows = torch.tensor([x[i] if i < len(x) else x[0] for x in lists[:used]])
            factors = torch.tensor([w[i] if i < len(w) else 0.0 for w in weights[:used]])[:, None]
            self.terms.append((used, rows, factors))


def blocks(lists, weights, places=None):
    """Blocks of all sums, `BLOCK` at a time; each result goes to its place, or to the next row."""
    return [
        Block(lists[at : at + BLOCK], weights[at : at + BLOCK], None if places is None else places[at : at + BLOCK])
        for at in range(0, len(lists), BLOCK)
    ]


class Rank:
    def __init__(self, job, rank):
        self.job, self.rank = job, rank
        self.x = job.rows(rank)
        self._routes()
        shape = job.hidden
        self.send = torch.empty(sum(self.to_counts), shape, dtype=torch.bfloat16)
        self.received = torch.empty(sum(self.from_counts), shape, dtype=torch.bfloat16)
        self.experts = torch.empty(self.expand.numel(), shape, dtype=torch.bfloat16)
        self.partials = torch.empty_like(self.received)
        self.returned = torch.empty_like(self.send)
        self.out = torch.zeros(job.tokens[rank], shape, dtype=torch.bfloat16)
        self.row = torch.empty(BLOCK, shape, dtype=torch.bfloat16)
        self.result = torch.empty(BLOCK, shape, dtype=torch.bfloat16)
        self.term = torch.empty(BLOCK, shape)
        self.sum = torch.empty(BLOCK, shape)

    def _routes(self):
        job, rank = self.job, self.rank
        self.to_counts, token_lists = [], []
        own = job.owners(rank).reshape(-1, job.topk)
        for other in range(job.ranks):
            slots = (own == other).sum(axis=1)
            tokens = np.nonzero(slots)[0]
            # tokens with many slots there first: their sums are equally long then
            tokens = tokens[np.argsort(-slots[tokens], kind="stable")]
            self.to_counts.append(len(tokens))
            token_lists.append(tokens)
        self.pack = torch.from_numpy(np.concatenate(token_lists))
        self.from_counts, expert, source_row, weight = [], [], [], []
        base = 0
        for source in range(job.ranks):
            slots = np.nonzero(job.owners(source) == rank)[0]
            tokens, inverse, count = np.unique(slots // job.topk, return_inverse=True, return_counts=True)
            place = np.empty_like(tokens)
            place[np.argsort(-count, kind="stable")] = np.arange(len(tokens))
            self.from_counts.append(len(tokens))
            expert.append(job.ids[source][slots])
            source_row.append(base + place[inverse])
            weight.append(job.weights[source][slots])
            base += len(tokens)
        # slots are in (source, token, slot) order already: experts ascending is all that is left
        order = np.argsort(np.concatenate(expert), kind="stable")
        rows = np.concatenate(source_row)
        self.expand = torch.from_numpy(rows[order])
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        lists, weights = [[] for _ in range(base)], [[] for _ in range(base)]
        for row, at, value in zip(rows, place, np.concatenate(weight)):
            lists[row].append(int(at))
            weights[row].append(float(value))
        self.card = blocks(lists, weights)
        sources = [[] for _ in range(job.tokens[rank])]
        for at, token in enumerate(self.pack.tolist()):
            sources[token].append(at)
        # by rank ascending, since they were packed so; the longest sums first
        order = sorted((t for t, x in enumerate(sources) if x), key=lambda t: -len(sources[t]))
        ones = [[1.0] * len(sources[t]) for t in order]
        self.tree = blocks([sources[t] for t in order], ones, order)

    def dispatch(self):
        torch.index_select(self.x, 0, self.pack, out=self.send)
        self.exchange(self.received, self.send, self.from_counts, self.to_counts)
        torch.index_select(self.received, 0, self.expand, out=self.experts)

    def combine(self):
        self.reduce(self.card, self.experts, self.partials)
        self.exchange(self.returned, self.partials, self.to_counts, self.from_counts)
        self.reduce(self.tree, self.returned, self.out)

    def exchange(self, to, source, to_counts, source_counts):
        # gloo knows no BF16; a row of int32 words is the same bytes
        dist.all_to_all_single(to.view(torch.int32), source.view(torch.int32), to_counts, source_counts)

    def reduce(self, all_blocks, source, to):
        at = 0
        for block in all_blocks:
            for i, (used, rows, factors) in enumerate(block.terms):
                row, term, total = self.row[:used], self.term[:used], self.sum[:used]
                torch.index_select(source, 0, rows, out=row)
                term.copy_(row)
                if i == 0:
                    torch.mul(term, factors, out=total)
                else:
                    total.addcmul_(term, factors)
            if block.places is None:
                to[at : at + block.count].copy_(self.sum[: block.count])
            else:
                result = self.result[: block.count]
                result.copy_(self.sum[: block.count])
                to.index_copy_(0, block.places, result)
            at += block.count

    def rounds(self, count):
        times = []
        for _ in range(count):
            dist.barrier()
            times.append(time.monotonic_ns())
            self.dispatch()
            times.append(time.monotonic_ns())
            dist.barrier()
            times.append(time.monotonic_ns())
            self.combine()
            times.append(time.monotonic_ns())
        return times


def main():
    path, job = sys.argv[1], Job(sys.argv[2])
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    dist.init_process_group("gloo")
    rank = Rank(job, dist.get_rank())
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    stream = connection.makefile("rw")
    print("hello gloo", rank.rank, file=stream, flush=True)
    for command in stream:
        if command == "check\n":
            answer = f"hashes {rank.rank}:{hash_rows(rank.experts):016x}:{hash_rows(rank.out):016x}"
        elif command.startswith("rounds "):
            answer = " ".join(["times", *map(str, rank.rounds(int(command.split()[1])))])
        else:
            sys.exit(f"moelink bench: no command: {command}")
        print(answer, file=stream, flush=True)


if __name__ == "__main__":
    main()
