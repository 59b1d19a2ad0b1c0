"""Writes an ONNX graph as one writes NumPy.

graph = Graph()
y = graph.input("y", np.float32, ["n"])
graph.output("louder", 2 * y)
model = graph.model()
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import helper, numpy_helper

# Those that Keras exports with, so that a graph and a network can be one model; ONNX Runtime Web reads them.
OPSET, IR_VERSION = 15, 8


class Tensor:
    """A value of a graph, not computed yet. Arithmetic with it adds nodes.

    Attributes:
        graph: that it belongs to.
        name: of the value.
    """

    # NumPy leaves arithmetic with an array on the left to this class.
    __array_ufunc__ = None

    def __init__(self, graph: Graph, name: str) -> None:
        self.graph = graph
        self.name = name

    def __add__(self, other: Operand) -> Tensor:
        return self.graph.node("Add", self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return self.graph.node("Add", other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return self.graph.node("Sub", self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return self.graph.node("Sub", other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return self.graph.node("Mul", self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return self.graph.node("Mul", other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return self.graph.node("Div", self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return self.graph.node("Div", other, self)

    def __floordiv__(self, other: Operand) -> Tensor:
        """Divide whole numbers of 0 or more."""
        return self.graph.node("Div", self, other)

    def __matmul__(self, other: Operand) -> Tensor:
        return self.graph.node("MatMul", self, other)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return self.graph.node("MatMul", other, self)

    def __gt__(self, other: Operand) -> Tensor:
        return self.graph.node("Greater", self, other)

    def cast(self, dtype: type[np.generic]) -> Tensor:
        """Return it as another type."""
        return self.graph.node("Cast", self, to=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def reshape(self, *shape: int) -> Tensor:
        """Return it in another shape; one size may be -1."""
        return self.graph.node("Reshape", self, ints(*shape))

    def size(self, axis: int = 0) -> Tensor:
        """Return its size along an axis [shape=(1,)]."""
        return self.graph.node("Shape", self, start=axis, end=axis + 1)

    def part(self, start: Operand, end: Operand, axis: int = 0) -> Tensor:
        """Return [start, end) along an axis; negative numbers count from the end."""
        return self.graph.node("Slice", self, _one(start), _one(end), ints(axis))

    def pad(self, before: Operand, after: Operand, mode: str = "constant") -> Tensor:
        """Return it [shape=(n,)] with zeros, or copies of its ends (`edge`), before and after."""
        pads = self.graph.join([_one(before), _one(after)])
        return self.graph.node("Pad", self, pads, mode=mode)

    def max(self) -> Tensor:
        """Return the largest value of all, with all axes kept."""
        return self.graph.node("ReduceMax", self, keepdims=1)

    def sum(self) -> Tensor:
        """Return the sum over the first axis, which is dropped."""
        return self.graph.node("ReduceSum", self, ints(0), keepdims=0)

    def at_least(self, other: Operand) -> Tensor:
        """Return the larger ones, value by value."""
        return self.graph.node("Max", self, other)

    def at_most(self, other: Operand) -> Tensor:
        """Return the smaller ones, value by value."""
        return self.graph.node("Min", self, other)


# Where a tensor is taken, a number or an array is a constant. Whole numbers are int64, others float32.
Operand = Tensor | ArrayLike


class Graph:
    """An ONNX graph that is being written.

    Args:
        prefix: of the names of all values but inputs and outputs.
    """

    def __init__(self, prefix: str = "") -> None:
        self._prefix = prefix
        self._names_given = 0
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def input(self, name: str, dtype: type[np.generic], shape: Sequence[int | str]) -> Tensor:
        """Return an input.

        Args:
            name: of the input.
            dtype: of its values.
            shape: its sizes, or their names.
        """
        self._inputs.append(_described(name, dtype, shape))
        return Tensor(self, name)

    def output(self, name: str, value: Tensor, dtype: type[np.generic], shape: Sequence[int | str]) -> None:
        """Make a value an output; for the arguments see `input`."""
        self._nodes.append(helper.make_node("Identity", [value.name], [name]))
        self._outputs.append(_described(name, dtype, shape))

    def node(self, kind: str, *operands: Operand, **attributes: Any) -> Tensor:
        """Add a node with one output, and return that.

        Args:
            kind: the operator, as ONNX names it.
            *operands: its inputs, in order.
            **attributes: see the operator.
        """
        return self.nodes(kind, 1, *operands, **attributes)[0]

    def nodes(self, kind: str, outputs: int, *operands: Operand | None, **attributes: Any) -> list[Tensor]:
        """Add a node with several outputs, and return them.

        Args:
            kind: see `node`.
            outputs: how many.
            *operands: see `node`; None where an input is left out.
            **attributes: see the operator.
        """
        names = [self._new_name(kind) for _ in range(outputs)]
        self._nodes.append(helper.make_node(kind, self._names(operands), names, **attributes))
        return [Tensor(self, name) for name in names]

    def split(self, value: Tensor, sizes: Sequence[int], axis: int) -> list[Tensor]:
        """Return the parts of a value along an axis."""
        return self.nodes("Split", len(sizes), value, ints(*sizes), axis=axis)

    def loop(self, count: Tensor, body: Callable[[Tensor], Tensor], dtype: type[np.generic]) -> Tensor:
        """Return what a body makes of 0, 1, ... [shape=(count, ...)], one after the other.

        Args:
            count: how many [shape=(1,)].
            body: from the number [shape=()] to a value of the same shape each time; it may use other tensors.
            dtype: of that value.
        """
        outer, self._nodes = self._nodes, []
        number, going_on = self._new_name("number"), self._new_name("condition")
        made = body(Tensor(self, number))
        still = self._new_name("condition")
        self._nodes.append(helper.make_node("Identity", [going_on], [still]))
        inner = helper.make_graph(
            self._nodes,
            self._new_name("body"),
            [_described(number, np.int64, []), _described(going_on, np.bool_, [])],
            [_described(still, np.bool_, []), _described(made.name, dtype, None)],
        )
        self._nodes = outer
        return self.node("Loop", count.reshape(), np.True_, body=inner)

    def choose(
        self,
        condition: Tensor,
        yes: Callable[[], Sequence[Tensor]],
        no: Callable[[], Sequence[Tensor]],
        dtypes: Sequence[type[np.generic]],
    ) -> list[Tensor]:
        """Return what one of two bodies gives; the other one does not run.

        Args:
            condition: which [shape=()], bool.
            yes: makes the values, of other tensors, where the condition holds.
            no: makes as many where it does not.
            dtypes: of these values.
        """
        branches = {name: self._branch(body, dtypes) for name, body in (("then", yes), ("else", no))}
        names = [self._new_name("If") for _ in dtypes]
        attributes = {f"{name}_branch": branch for name, branch in branches.items()}
        self._nodes.append(helper.make_node("If", [condition.name], names, **attributes))
        return [Tensor(self, name) for name in names]

    def _branch(
        self, body: Callable[[], Sequence[Tensor]], dtypes: Sequence[type[np.generic]]
    ) -> onnx.GraphProto:
        outer, self._nodes = self._nodes, []
        # A branch can only give what its own nodes make.
        made = [self.node("Identity", each) for each in body()]
        described = [_described(each.name, dtype, None) for each, dtype in zip(made, dtypes, strict=True)]
        branch = helper.make_graph(self._nodes, self._new_name("branch"), [], described)
        self._nodes = outer
        return branch

    def include(self, model: onnx.ModelProto, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Add all of another model, and return its outputs by name; they become outputs of this graph.

        Args:
            model: with other names than this graph's, and without branches and loops.
            given: what its inputs are; those that are not given become inputs of this graph, and what they
                are by default does not count.

        Raises:
            ValueError: it has other operators (`has_same_operators`).
        """
        graph = model.graph
        if not has_same_operators(model):
            raise ValueError(f"Only models of ONNX's own operators, version {OPSET}, can be included.")
        self._inputs += [each for each in graph.input if each.name not in given]
        self._initializers += [each for each in graph.initializer if each.name not in given]
        for node in graph.node:
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.input[:] = [given[name].name if name in given else name for name in node.input]
            self._nodes.append(copy)
        self._outputs += graph.output
        return {each.name: Tensor(self, each.name) for each in graph.output}

    def join(self, values: Sequence[Operand], axis: int = 0) -> Tensor:
        """Return values one after the other along an axis."""
        return self.node("Concat", *values, axis=axis)

    def where(self, condition: Tensor, yes: Operand, no: Operand) -> Tensor:
        """Return `yes` where a condition holds, and `no` elsewhere."""
        return self.node("Where", condition, yes, no)

    def model(self) -> onnx.ModelProto:
        """Return the finished model, checked."""
        graph = helper.make_graph(self._nodes, "graph", self._inputs, self._outputs, self._initializers)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _names(self, operands: Sequence[Operand | None]) -> list[str]:
        return [self._name(each) for each in operands]

    def _name(self, operand: Operand | None) -> str:
        if operand is None:
            return ""
        return operand.name if isinstance(operand, Tensor) else self._constant(operand)

    def _constant(self, value: ArrayLike) -> str:
        array = np.asarray(value)
        if array.dtype.kind != "b":
            array = array.astype(np.int64 if array.dtype.kind in "iu" else np.float32)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = self._constants[key] = f"{self._prefix}constant_{len(self._constants)}"
            self._initializers.append(numpy_helper.from_array(array, name))
        return self._constants[key]

    def _new_name(self, kind: str) -> str:
        self._names_given += 1
        return f"{self._prefix}{kind.lower()}_{self._names_given}"


def has_same_operators(model: onnx.ModelProto) -> bool:
    """Return whether a model has only ONNX's own operators, in the version of a `Graph`."""
    own = {each.version for each in model.opset_import if not each.domain}
    return own == {OPSET} and not any(node.domain for node in model.graph.node)


def ints(*values: int) -> NDArray[np.int64]:
    """Return whole numbers, as sizes, axes and positions are given."""
    return np.array(values, np.int64)


def _one(value: Operand) -> Operand:
    """Return a position as an array of one."""
    return ints(value) if isinstance(value, int) else value


def _described(name: str, dtype: type[np.generic], shape: Sequence[int | str] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
