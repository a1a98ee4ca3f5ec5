// A library in Go for a program in C: its threads run on the stacks of goroutines.
package main

import "C"

import "time"

//export GoBegin
func GoBegin() {
	for i := 0; i < 4; i++ {
		go func() {
			for {
				time.Sleep(time.Millisecond)
			}
		}()
	}
}

func main() {}
