module example/talk

go 1.21
