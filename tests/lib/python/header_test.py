#!/usr/bin/env python3
"""The module's list of numbers, structs and functions against ccd.h: header_test.py CC CCD_H"""

import ctypes
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from ccd import _attachments, _library, _queue

COMPILER, HEADER = sys.argv[1:3]
# Without comments, and without what is for the compiler only.
TEXT = re.sub(r"/\*.*?\*/|^ *#.*?$", "", pathlib.Path(HEADER).read_text(), flags=re.S | re.M)

# Those that have no name of their own in the module.
ENUMS = {
    "ccd_when_full": _queue._when_full,
    "ccd_on_consumer_death": _queue._on_consumer_death,
    "ccd_use": _attachments._uses,
    "ccd_event": dict(zip(("message", "room"), _queue._events.values())),
}
STRUCTS = {
    "ccd_queue_shape": _library.QueueShape,
    "ccd_message": _library.Message,
    "ccd_bytes": _library.Bytes,
}
NUMBERS = {
    name: number
    for name, number in vars(_library).items()
    if name.isupper() and isinstance(number, int)
}
TYPES = {
    "void": None,
    "int": ctypes.c_int,
    "int64_t": ctypes.c_int64,
    "size_t": ctypes.c_size_t,
    "uint32_t": ctypes.c_uint32,
    "char*": ctypes.c_char_p,
    "void*": ctypes.c_void_p,
    "ccd_client*": ctypes.c_void_p,
    "ccd_queue*": ctypes.c_void_p,
    "ccd_client**": ctypes.POINTER(ctypes.c_void_p),
    "ccd_queue**": ctypes.POINTER(ctypes.c_void_p),
    "int*": ctypes.POINTER(ctypes.c_int),
    "size_t*": ctypes.POINTER(ctypes.c_size_t),
    "uint64_t*": ctypes.POINTER(ctypes.c_uint64),
} | {name + "*": ctypes.POINTER(struct) for name, struct in STRUCTS.items()}


def numbers_of(expressions):
    """What C says that they are."""
    lines = "".join(f'printf("%lld\\n", (long long)({each}));' for each in expressions)
    source = f'#include <stdio.h>\n#include "{HEADER}"\nint main(void) {{ {lines} }}'
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/numbers"
        subprocess.run([COMPILER, "-xc", "-", "-o", program], input=source.encode(), check=True)
        said = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout
    return [int(line) for line in said.split()]


def type_of(declaration):
    """Of `const char* name` or `int`: what ctypes has for it."""
    words = declaration.replace("const", "").replace("*", "* ").split()
    name = [word for word in words if word.strip("*")]
    return TYPES[name[0].rstrip("*") + "*" * declaration.count("*")]


class Header(unittest.TestCase):
    def test_numbers_are_those_of_c(self):
        wanted = {f"CCD_{name}": number for name, number in NUMBERS.items()}
        for names in ENUMS.values():
            for name, number in names.items():
                wanted["CCD_" + name.upper().replace("-", "_")] = number
        self.assertEqual(dict(zip(wanted, numbers_of(wanted))), wanted)

    def test_enums_have_all_their_values(self):
        for name, values in ENUMS.items():
            body = re.search(rf"enum {name} \{{(.*?)\}}", TEXT, re.S)[1]
            self.assertEqual(len(body.rstrip(" ,\n").split(",")), len(values), name)

    def test_structs_are_laid_out_as_in_c(self):
        for name, struct in STRUCTS.items():
            body = re.search(rf"typedef struct {name} \{{(.*?)\}}", TEXT, re.S)[1]
            fields = re.findall(r"(\w+);", body)
            self.assertEqual([field for field, _ in struct._fields_], fields)
            asked = [f"sizeof({name})"]
            mine = [ctypes.sizeof(struct)]
            for field in fields:
                asked += [f"offsetof({name}, {field})", f"sizeof((({name}*)0)->{field})"]
                mine += [getattr(struct, field).offset, getattr(struct, field).size]
            self.assertEqual(dict(zip(asked, mine)), dict(zip(asked, numbers_of(asked))))

    def test_functions_take_and_give_what_they_do_in_c(self):
        declared = {
            name: (result, arguments)
            for result, name, arguments in re.findall(
                r"^([\w* ]+?)(ccd_\w+)\(([^)]*)\)\s*CCD_NOEXCEPT;", TEXT, re.M
            )
        }
        for name, (result, arguments) in _library._functions.items():
            its_result, its_arguments = declared[name]
            self.assertIs(result, type_of(its_result), name)
            wanted = [] if its_arguments == "void" else its_arguments.split(",")
            self.assertEqual(arguments, [type_of(argument) for argument in wanted], name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
