"""measure.py OUTPUT COMMAND...: runs a command and prints what it used as JSON.

A process of its own, and a small one: Linux counts the memory of the process that forked towards
the peak of the one that was started.
"""

import os
import sys
import time

output, command = sys.argv[1], sys.argv[2:]
began = time.monotonic()
child = os.fork()
if child == 0:
    try:
        into = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
        os.dup2(into, 1)
        os.dup2(into, 2)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error}\n".encode())
    finally:
        os._exit(127)
_, status, used = os.wait4(child, 0)
print(
    f'{{"wall": {time.monotonic() - began}, "cpu": {used.ru_utime + used.ru_stime},'
    f' "peak": {used.ru_maxrss / 1024}, "code": {os.waitstatus_to_exitcode(status)}}}'
)
