module example/load

go 1.21
