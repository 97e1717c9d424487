"""Whether a model is made of layers alone, each of which is one step that is taken once."""

import keras


def check_single_use(model: keras.Model) -> None:
    """Refuses a model whose layers cannot be read one by one.

    `layer.input` and `layer.output` know the first use of a layer alone, and a model within a
    model hides its layers.

    Raises:
        ValueError: For a layer that is applied more than once, or is a model; the message names it.
            For a Sequential model, whose layers are applied again whenever one is added.
    """
    if isinstance(model, keras.Sequential):
        raise ValueError(
            f"Expected a functional model, received the Sequential {model.name}. Save it with "
            "keras_litesr.save_to_preset and load it again, which makes it functional."
        )
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            raise ValueError(
                f"Expected a model of layers only, received one with {layer.name}, which is a "
                "model of its own. Apply the layers of it one by one."
            )
        uses = len(layer._inbound_nodes)
        if uses > 1:
            raise ValueError(
                f"Expected layers that are applied once, received {layer.name}, which is applied "
                f"{uses} times. Make a layer of its own for every place."
            )


def check_layers_only(model: keras.Model) -> None:
    """Refuses a model that is anything but layers which are applied once.

    Raises:
        ValueError: As `check_single_use`; and for operations outside of layers, which are named.
    """
    check_single_use(model)
    if bare := [op.name for op in model.operations if not isinstance(op, keras.Layer)]:
        raise ValueError(
            f"Expected a model of layers only, received one with {', '.join(bare)}. Put what "
            "`keras.ops` computes into a layer."
        )
