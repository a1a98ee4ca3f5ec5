module go_library

go 1.19
