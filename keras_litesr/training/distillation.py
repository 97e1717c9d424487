"""Response distillation: a student learns a teacher's answers, never its weights."""

import keras
from keras import ops

from keras_litesr.training.differences import shapes_differ


class Distiller(keras.Model):
    """Trains a student on what a teacher answers; called, it enlarges like its student.

    A plain Keras model to `compile`, `fit`, callbacks and checkpoints, with the student's weights
    alone: the teacher answers, is not trained, and appears in no file. Validation measures the
    student against the originals, in which the teacher has no part.

    Args:
        student: Low-resolution RGB in, high-resolution RGB out.
        teacher: The same, of the same scale, of any architecture, also what `keras_litesr.load`
            makes of a `.tflite` file; it stays as it is.
        teacher_weight: Share of the teacher's answers in the target, in [0, 1]; the originals have
            the rest. At 1 the originals are not looked at, at 0 the teacher is not asked.

    Raises:
        TypeError: For a teacher that cannot be called, such as a name.
        ValueError: For a share outside of [0, 1], or, in training, a teacher of another scale.

    Example:
        >>> from keras_litesr.models.bicubic import bicubic
        >>> from keras_litesr.models.lite import lite
        >>> distiller = Distiller(lite(filters=3, num_blocks=0), bicubic())
        >>> distiller.compile("adam", loss="mae")
        >>> len(distiller.weights) == len(distiller.student.weights)
        True

    Reference:
        Hinton et al., 2015, Distilling the Knowledge in a Neural Network, section 2.
    """

    def __init__(
        self,
        student: keras.Model,
        teacher: keras.Model,
        *,
        teacher_weight: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not 0 <= teacher_weight <= 1:
            raise ValueError(
                f"Expected a teacher weight between 0 and 1, received {teacher_weight}. It is the "
                "share of the teacher's answers in what the student learns."
            )
        if not callable(teacher):
            raise TypeError(
                f"Expected a model as teacher, received {teacher!r}. Load one with "
                "keras_litesr.load."
            )
        self.student = student
        self.teacher_weight = teacher_weight
        # In a function Keras does not find it, and so neither counts, trains nor saves it.
        self.ask_teacher = lambda low_res: teacher(low_res, training=False)
        self._must_be_eager = bool(getattr(teacher, "run_eagerly", False))
        self.built = True

    def compile(self, *args, **kwargs):
        """Compiles as any Keras model, to run eagerly where the teacher has to."""
        if self._must_be_eager:
            kwargs.setdefault("run_eagerly", True)
        super().compile(*args, **kwargs)

    @property
    def generator(self) -> keras.Model:
        """The network that a run releases."""
        return self.student

    def call(self, low_res, training=False):
        """Enlarges, as the student does."""
        return self.student(low_res, training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Mixes the compiled loss to the teacher's answers with that to the originals."""
        share = self.teacher_weight if training else 0.0
        base = super().compute_loss
        if share == 0:
            return base(x, y, y_pred, sample_weight, training)
        answers = ops.stop_gradient(self.ask_teacher(x))
        if shapes_differ(answers, y_pred):
            raise ValueError(
                f"Expected a teacher that answers with {tuple(y_pred.shape)}, as its student does, "
                f"received one with {tuple(answers.shape)}. Choose one of the same scale."
            )
        to_teacher = base(x, answers, y_pred, sample_weight, training)
        if share == 1:
            return to_teacher
        to_original = base(x, y, y_pred, sample_weight, training)
        return share * to_teacher + (1 - share) * to_original

    def export(self, *args, **kwargs):
        """Exports the student; takes what `keras.Model.export` does."""
        self.student.export(*args, **kwargs)

    def save(self, filepath, **kwargs):
        """Saves the student, for there is nothing else to keep."""
        self.student.save(filepath, **kwargs)
