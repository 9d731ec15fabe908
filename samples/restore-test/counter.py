import itertools
import time

for number in itertools.count(1):
    print("count", number)
    time.sleep(0.1)
