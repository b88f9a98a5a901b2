make check
make test
make matrix
make experiments
make docs
