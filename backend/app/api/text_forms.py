"""Forms of texts in requests: each as a regular expression for programs, and in the words that people get."""

VIN = "^[A-HJ-NPR-Za-hj-npr-z0-9]{17}$"
PRINTABLE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
WITHOUT_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
USER_NAME = r"^[a-zA-Z0-9._-]+$"
EMAIL = r"^[^\s@]+@[^\s@]+$"
IDEMPOTENCY_KEY = r"^[\x21-\x7e]+$"
SHA256 = "^[0-9a-f]{64}$"
HEX_BYTES = "^[0-9A-Fa-f]+$"
NUMBER_16 = "^0x[0-9A-Fa-f]{1,4}$"
DATA_ID = "^0x[0-9a-fA-F]{4}$"
COMPONENT_NAME = "^[A-Za-z0-9_][A-Za-z0-9_.#-]{0,127}$"

IN_WORDS = {
    VIN: "must be letters and digits, without the letters I, O and Q (ISO 3779)",
    PRINTABLE: "must be one line of text that is not blank",
    WITHOUT_CONTROLS: "must be one line of text",
    USER_NAME: "must consist of letters A to Z, digits, dots, underscores and hyphens",
    EMAIL: "must be an e-mail address, such as name@example.org",
    IDEMPOTENCY_KEY: "must consist of printable ASCII characters without spaces",
    SHA256: "must be 64 hex digits in lower case",
    HEX_BYTES: "must consist of hex digits, such as 22F190",
    NUMBER_16: "must be 0x and 1 to 4 hex digits, such as 0x1010",
    DATA_ID: "must be 0x and 4 hex digits, such as 0xF190",
    COMPONENT_NAME: "must be letters, digits and _ . # -, beginning with a letter, a digit or _, at most 128 of them",
}
