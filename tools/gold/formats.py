"""Gold for src/formats: small checkpoints as torch and safetensors write them, and what they hold.

    python tools/gold/formats.py test/gold/formats

`expected.json` has, of each file that is to be read, every tensor's dtype, shape and values (row-major, exact as float64),
and of each that is to be refused a part of the message. The same bytes each time.
"""

import builtins
import json
import os
import pathlib
import sys
from collections import OrderedDict

import safetensors
import safetensors.torch
import torch

DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]


class Calls:
    """Pickled as a call: unpickling runs it."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def of_each_dtype():
    tensors = {name: torch.tensor([[0, 1, 2], [3, 100, 7]]).to(getattr(torch, name)) for name in DTYPES}
    for name in DTYPES[:4]:
        tensors[f"{name}.small"] = torch.tensor([-1.5, 6e-8, -6e4, 0.1, -0.0]).to(getattr(torch, name))
    for name in DTYPES[4:8]:
        tensors[f"{name}.ends"] = torch.tensor([torch.iinfo(tensors[name].dtype).min, -1], dtype=tensors[name].dtype)
    return tensors | {"scalar": torch.tensor(2.5), "empty": torch.zeros(0, 3), "großer Name\n": torch.ones(1)}


def strided():
    base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    return OrderedDict(
        base=base,
        transposed=base.transpose(0, 2),
        inner=base.transpose(1, 2),
        offset=base[1, 1:],
        column=base[:, :, 2],
        stepped=base.reshape(-1)[1::5],
        element=base[1, 2, 3],
        nothing=base[:, 3:],
        expanded=torch.tensor([[1.0], [2.0]]).expand(2, 3),
        repeated=torch.tensor(7.0).expand(2, 2),
        parameter=torch.nn.Parameter(torch.tensor([3.0, 4.0])),
        half=torch.arange(6).to(torch.float16).reshape(2, 3).T,
    )


def described(tensor):
    values = tensor.detach().to(torch.float64).reshape(-1).tolist()
    return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "values": values}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    one = torch.ones(1)
    negated = torch.imag(torch.tensor([1 + 2j]).conj())  # its bytes are 2, its value is -2
    assert negated.is_neg()
    read = {
        "dtypes.bin": (of_each_dtype(), {}),
        "strided.bin": (strided(), {}),
        "strided-protocol-4.bin": (strided(), {"pickle_protocol": 4}),
        "module.bin": (module.state_dict(), {}),
        "module-protocol-5.bin": (module.state_dict(), {"pickle_protocol": 5}),
        "other-entries.bin": ({"none": None, "step": 3, "big": 2**62, "rate": 0.5, "on": True, "by": "x", "a": one}, {}),
        "no-entries.bin": ({}, {}),
    }
    refused = {
        "system.bin": ({"a": one, "b": Calls(os.system, "echo executed")}, {}, f"{os.name}.system"),
        # Protocol 2 has the names of Python 2.
        "eval.bin": ({"a": one, "b": [{"c": Calls(builtins.eval, "1")}]}, {}, "__builtin__.eval"),
        "system-protocol-4.bin": (Calls(os.system, "echo executed"), {"pickle_protocol": 4}, f"{os.name}.system"),
        "class.bin": ({"a": torch.optim.SGD}, {}, "torch.optim.sgd.SGD"),
        "module-object.bin": (torch.nn.Linear(1, 1), {}, "torch.nn.modules.linear.Linear"),
        "sparse.bin": ({"a": one.to_sparse()}, {}, "torch._utils._rebuild_sparse_tensor"),
        "complex.bin": ({"a": one.to(torch.complex64)}, {}, "torch.ComplexFloatStorage"),
        "negated.bin": ({"a": negated}, {}, "metadata"),
        "nested.bin": ({"state_dict": {"a": one}, "epoch": 3}, {}, '"state_dict" is a dict'),
        "list.bin": ([one], {}, "a list or tuple"),
        "tensor.bin": (one, {}, "a tensor"),
        "number-names.bin": ({0: one}, {}, "a number as a name"),
        "no-tensors.bin": ({"epoch": 3}, {}, "a dict without any tensor"),
    }
    for name, (value, options) in read.items():
        torch.save(value, folder / name, **options)
    for name, (value, options, _) in refused.items():
        torch.save(value, folder / name, **options)
    (folder / "dtypes.safetensors").write_bytes(safetensors.torch.save(of_each_dtype(), {"format": "pt"}))
    read["dtypes.safetensors"] = read["dtypes.bin"]

    tensors = lambda value: {key: described(entry) for key, entry in value.items() if isinstance(entry, torch.Tensor)}
    expected = {
        "versions": {module.__name__: module.__version__ for module in (torch, safetensors)},
        "read": {name: tensors(value) for name, (value, _) in read.items()},
        "refused": {name: message for name, (*_, message) in refused.items()},
    }
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
