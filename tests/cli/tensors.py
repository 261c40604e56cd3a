"""Weight files for the tests: tensors(path, metadata, name=(shape, floats), ...) writes float32 safetensors."""
import json
import struct


def tensors(path, meta, **tensor):
    head, data = {"__metadata__": meta}, b""
    for name, (shape, x) in tensor.items():
        head[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * len(x)]}
        data += struct.pack("<%df" % len(x), *x)
    head = json.dumps(head).encode()
    head += b" " * (-len(head) % 8)
    open(path, "wb").write(struct.pack("<Q", len(head)) + head + data)
