import sys

from shop.cart import total

print(total(map(int, sys.argv[1:])))
