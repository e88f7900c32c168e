module netpoll-lab/eyes

go 1.21
