module goprograms

go 1.21
