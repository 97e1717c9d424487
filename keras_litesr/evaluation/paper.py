"""What the paper prints, as data, to stand beside what is measured.

Xie, Xu, Seo and Cai, Lightweight Model on Super-Resolution Image for Complete Model Copyright
Protection, section V.
"""

from dataclasses import dataclass

import numpy as np

from keras_litesr.images import pixels, resize

SCALE = 4
METHODS = ("Bicubic", "SRCNN", "SRResNet", "SRGAN", "Ours")


@dataclass(frozen=True)
class PrintedTable:
    """One of the Tables I to V.

    Attributes:
        number: As the paper numbers it.
        data: The set, as the paper spells it.
        psnr: dB, one figure for each of `METHODS`.
        ssim: The same.
        aliases: Other names of the set, in lower case.
    """

    number: str
    data: str
    psnr: tuple[float, ...]
    ssim: tuple[float, ...]
    aliases: tuple[str, ...] = ()

    def printed(self, method: str) -> tuple[float, float]:
        """Gives PSNR and SSIM of a method."""
        column = METHODS.index(method)
        return self.psnr[column], self.ssim[column]

    def is_about(self, folder_name: str) -> bool:
        """Tells whether a folder holds the set, by its name."""
        return folder_name.lower() in (self.data.lower(), *self.aliases)


TABLES = (
    PrintedTable(
        "I",
        "Set5",
        psnr=(23.116, 30.26, 28.66, 30.8, 28.24),
        ssim=(0.697, 0.861, 0.801, 0.874, 0.864),
    ),
    PrintedTable(
        "II",
        "Set14",
        psnr=(21.84, 29.54, 26.74, 27.7, 26.63),
        ssim=(0.598, 0.703, 0.723, 0.762, 0.752),
    ),
    PrintedTable(
        "III",
        "General100",
        psnr=(23.157, 27.96, 26.97, 29.8, 28.04),
        ssim=(0.696, 0.785, 0.751, 0.840, 0.827),
    ),
    PrintedTable(
        "IV",
        "BSDS100",
        psnr=(22.72, 29.603, 25.89, 26.95, 26.39),
        ssim=(0.585, 0.671, 0.672, 0.720, 0.713),
        aliases=("bsd100", "b100"),
    ),
    PrintedTable(
        "V",
        "Manga109",
        psnr=(20.194, 28.473, 23.51, 28.81, 27.15),
        ssim=(0.689, 0.779, 0.673, 0.884, 0.870),
    ),
)

# Table VI prints four figures under five columns; read as follows, the columns fit the text.
PARAMETERS = {
    "Bicubic": "-",
    "SRCNN": "67552",
    "SRResNet": "7.1m",
    "SRGAN": "5.2m",
    "Ours": "0.58m",
}

INCONSISTENCIES = (
    "Table VI has four numbers for its five columns.",
    "Its text says that SRCNN has many more parameters than the paper's model; the table gives "
    "SRCNN 67,552 and the model 580,000.",
    "The text says 1/8 of SRGAN's parameters; 5.2 / 0.58 is 9.0. SRGAN's generator is SRResNet, "
    "yet the table gives them 5.2 and 7.1 million, where Ledig's network has 1.5.",
    "The text says 0.1 % less SSIM than SRGAN on Set5; 0.864 against 0.874 is 1.1 %. (8.3 % less "
    "PSNR is right.)",
    "Table I ranks SRCNN above SRResNet in both figures, and Tables II and IV rank it above SRGAN "
    "in PSNR by 1.8 and 2.7 dB and below it in SSIM. Its 29.54 dB on Set14 and 29.603 dB on "
    "BSDS100 lie more than 2 dB above what its authors measured.",
    "The text says that bicubic enlargement is last in Tables II to V; in Table V SRResNet has the "
    "lower SSIM.",
    "Table I has SRCNN 7.1 dB above bicubic, where its authors measured 2.1: the bicubic rows are "
    "those of an enlargement shifted by half a pixel, and the networks were not measured alike.",
)

# Which of our models stands for which of the paper's methods.
SHIFTED_BICUBIC = "shifted_bicubic"
MODELS = (
    ("Bicubic", SHIFTED_BICUBIC),
    ("Bicubic", "bicubic_x4"),
    ("SRCNN", "srcnn_x4"),
    ("SRResNet", "srresnet_x4"),
    ("SRGAN", "srgan_x4"),
    ("Ours", "lite_x4"),
    ("Ours", "lite_psnr_x4"),
    ("Ours", "separable_srresnet_x4"),
)


def table_of(folder_name: str) -> PrintedTable:
    """Finds the table that is about a folder of pictures.

    Raises:
        ValueError: When the paper did not measure such a set.

    Example:
        >>> table_of("BSD100").number
        'IV'
    """
    for table in TABLES:
        if table.is_about(folder_name):
            return table
    raise ValueError(
        f"Expected a folder named {', '.join(table.data for table in TABLES)}, received "
        f"{folder_name}, which the paper has no table of. Use `litesr evaluate` for other sets."
    )


def shifted_bicubic(low_res: np.ndarray) -> np.ndarray:
    """Enlarges as the paper's bicubic rows were made: cubic, shifted by half a pixel.

    Args:
        low_res: `(height, width, 3)` uint8 RGB.

    Returns:
        `(4 * height, 4 * width, 3)` uint8 RGB.
    """
    return pixels.to_uint8(resize.enlarge_shifted(pixels.to_float(low_res), SCALE))
