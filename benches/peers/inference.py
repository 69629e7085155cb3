"""One decision: from the bytes of one observation to the action."""

import numpy
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from comparison import Comparison, once, rate
from networks import SIZES, FromBytes, network

ACTIONS = 4


def onnx_model(model):
    """The network as a graph of ONNX, without an exporter."""
    weights = {name: numpy_helper.from_array(value.numpy(), name) for name, value in model.state_dict().items()}
    scale = numpy_helper.from_array(numpy.array(255, numpy.float32), "scale")
    nodes = [helper.make_node("Cast", ["bytes"], ["floats"], to=TensorProto.FLOAT)]
    nodes.append(helper.make_node("Div", ["floats", "scale"], ["x0"]))
    for i, (name, stride) in enumerate([("0", 4), ("2", 2), ("4", 1)]):
        inputs = [f"x{i}", f"{name}.weight", f"{name}.bias"]
        nodes.append(helper.make_node("Conv", inputs, [f"y{i}"], strides=[stride, stride]))
        nodes.append(helper.make_node("Relu", [f"y{i}"], [f"x{i + 1}"]))
    nodes.append(helper.make_node("Flatten", ["x3"], ["flat"]))
    nodes.append(helper.make_node("Gemm", ["flat", "7.weight", "7.bias"], ["hidden"], transB=1))
    nodes.append(helper.make_node("Relu", ["hidden"], ["active"]))
    nodes.append(helper.make_node("Gemm", ["active", "9.weight", "9.bias"], ["q"], transB=1))
    observation = helper.make_tensor_value_info("bytes", TensorProto.UINT8, [1, 4, 84, 84])
    outputs = helper.make_tensor_value_info("q", TensorProto.FLOAT, [1, ACTIONS])
    graph = helper.make_graph(nodes, "q", [observation], [outputs], [scale, *weights.values()])
    built = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(built)
    return built.SerializeToString()


def deciders(size, threads):
    """Functions from an observation's bytes to its action."""
    torch.manual_seed(0)
    model = network(size, ACTIONS).eval()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(onnx_model(model), options, providers=["CPUExecutionProvider"])
    eager = FromBytes(model).eval()
    frozen = torch.jit.freeze(torch.jit.trace(eager, torch.zeros(1, 4, 84, 84, dtype=torch.uint8)))
    observation = numpy.random.default_rng(0).integers(0, 256, size=(1, 4, 84, 84), dtype=numpy.uint8)
    expected = eager(torch.from_numpy(observation)).detach().numpy()
    assert numpy.allclose(session.run(None, {"bytes": observation})[0], expected, atol=1e-4)
    return observation, {
        "ONNX Runtime": lambda x: session.run(None, {"bytes": x})[0].argmax(),
        "PyTorch": lambda x: eager(torch.from_numpy(x)).argmax().item(),
        "PyTorch, traced and frozen": lambda x: frozen(torch.from_numpy(x)).argmax().item(),
    }


def timed(decide, observation, threads, seconds):
    @torch.inference_mode()
    def measure():
        torch.set_num_threads(threads)
        return 1e3 / rate(once(lambda: decide(observation)), seconds)

    return measure


def comparisons(seconds):
    for threads in (1, 2):
        for size in SIZES:
            torch.set_num_threads(threads)
            observation, decide = deciders(size, threads)
            peers = {name: timed(of, observation, threads, seconds) for name, of in decide.items()}
            arguments = ["inference", "--games", "breakout", "--only", size, "--threads", str(threads)]
            name = f"decision, {size}, {threads} thread{'' if threads == 1 else 's'}"
            yield Comparison(name, "ms", arguments, peers)
