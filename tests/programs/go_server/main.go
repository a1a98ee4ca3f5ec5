// A static Go server. Given LISTEN_FDS (or AETERNA_FDS) it serves on descriptor 3, otherwise on
// 127.0.0.1:PORT. SIGTERM: no new connections, what was accepted is answered, then it ends.
//
// go_server [PORT [VERSION_FILE]]; see program_mode.py for the version and the faults.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func argument(index int, variable, otherwise string) string {
	if len(os.Args) > index {
		return os.Args[index]
	}
	if value, ok := os.LookupEnv(variable); ok {
		return value
	}
	return otherwise
}

func readWord(path, otherwise string) string {
	text, err := os.ReadFile(path)
	if word := strings.TrimSpace(string(text)); err == nil && word != "" {
		return word
	}
	return otherwise
}

func showFault(mode string) {
	switch {
	case mode == "exit1":
		os.Exit(1)
	case mode == "crash":
		signal.Reset(syscall.SIGSEGV)
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	case mode == "hang":
		time.Sleep(1 << 62)
	case mode == "metrics_first":
		metrics, err := net.Listen("tcp", "127.0.0.1:"+argument(99, "METRICS_PORT", "0"))
		if err != nil {
			log.Fatal(err)
		}
		log.Fatal(http.Serve(metrics, http.NotFoundHandler()))
	case strings.HasPrefix(mode, "slow_start:"):
		seconds, _ := strconv.ParseFloat(mode[len("slow_start:"):], 64)
		time.Sleep(time.Duration(seconds * float64(time.Second)))
	}
}

func listener() (net.Listener, error) {
	if os.Getenv("LISTEN_FDS") != "" || os.Getenv("AETERNA_FDS") != "" {
		return net.FileListener(os.NewFile(3, "listener"))
	}
	return net.Listen("tcp", "127.0.0.1:"+argument(1, "PORT", "8080"))
}

// Connections that were accepted and not answered yet. http.Server.Shutdown closes a connection
// whose first request it has not begun to serve, so a server that is to lose nobody ends its
// listener, waits for these, and shuts down then.
type freshConns struct {
	mutex sync.Mutex
	conns map[net.Conn]bool
}

func (f *freshConns) note(c net.Conn, state http.ConnState) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	switch state {
	case http.StateNew:
		f.conns[c] = true
	case http.StateIdle, http.StateHijacked, http.StateClosed:
		delete(f.conns, c)
	}
}

func (f *freshConns) wait(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(time.Millisecond) {
		f.mutex.Lock()
		left := len(f.conns)
		f.mutex.Unlock()
		if left == 0 {
			return
		}
	}
}

func main() {
	file := argument(2, "VERSION_FILE", "version")
	version := readWord(file, "v0")
	mode := readWord(filepath.Join(filepath.Dir(file), "mode"), "ok")
	showFault(mode)
	l, err := listener()
	if err != nil {
		log.Fatal(err)
	}
	fresh := &freshConns{conns: map[net.Conn]bool{}}
	server := &http.Server{ConnState: fresh.note, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if mode == "die_on_first_request" {
			os.Exit(1)
		}
		fmt.Fprintf(w, "%s %d\n", version, os.Getpid())
	})}
	term := make(chan os.Signal, 1)
	signal.Notify(term, syscall.SIGTERM)
	go func() {
		<-term
		_ = l.Close()
	}()
	if err := server.Serve(l); !errors.Is(err, net.ErrClosed) {
		log.Fatal(err)
	}
	fresh.wait(time.Second)
	_ = server.Shutdown(context.Background())
}
