module interpreter

go 1.21
