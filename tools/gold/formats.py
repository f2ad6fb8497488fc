"""Writes small checkpoints and what they hold to test/gold/formats/. Run from the repository root."""
import json
import os
from collections import OrderedDict

import safetensors
import safetensors.torch
import torch

folder = "test/gold/formats"
os.makedirs(folder, exist_ok=True)
dtypes = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
plain = {name: torch.tensor([[0, 1, 2], [3, 100, 7]]).to(getattr(torch, name)) for name in dtypes}
plain["negative"] = torch.tensor([-1.5, 6e-8, -65504.0, 0.25]).to(torch.float16)
plain["scalar"] = torch.tensor(2.5)
plain["empty"] = torch.zeros(0, 3)

base = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
strided = OrderedDict(
    base=base,
    transposed=base.transpose(0, 2),
    offset=base[1, 1:],
    column=base[:, :, 2],
    stepped=base.reshape(-1)[1::5],
    expanded=torch.tensor([[1.0], [2.0]]).expand(2, 3),
    parameter=torch.nn.Parameter(torch.tensor([3.0, 4.0])),
)
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
torch.manual_seed(0)
states = {"dtypes": plain, "strided": strided, "module": module.state_dict()}


def described(tensor):
    values = tensor.detach().to(torch.float64).reshape(-1).tolist()
    return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "values": values}


expected = {"versions": {"torch": torch.__version__, "safetensors": safetensors.__version__}, "files": {}}
for name, state in states.items():
    torch.save(state, f"{folder}/{name}.bin")
    expected["files"][f"{name}.bin"] = {key: described(value) for key, value in state.items()}
torch.save(plain, f"{folder}/protocol-4.bin", pickle_protocol=4)
expected["files"]["protocol-4.bin"] = expected["files"]["dtypes.bin"]
safetensors.torch.save_file(plain, f"{folder}/dtypes.safetensors", metadata={"format": "pt"})
expected["files"]["dtypes.safetensors"] = expected["files"]["dtypes.bin"]
torch.save({"state_dict": plain, "epoch": 3}, f"{folder}/nested.bin")
torch.save({"a": torch.tensor([1.0])}, f"{folder}/legacy.bin", _use_new_zipfile_serialization=False)
torch.save({"a": torch.optim.SGD}, f"{folder}/class.bin")


class Malicious:
    def __reduce__(self):
        return os.system, ("echo executed",)


torch.save({"a": torch.tensor([1.0]), "b": Malicious()}, f"{folder}/malicious.bin")
with open(f"{folder}/expected.json", "w") as file:
    json.dump(expected, file)
    file.write("\n")
