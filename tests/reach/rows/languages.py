"""Debian's servers that are written in Ruby, Perl, Java and Erlang."""

from __future__ import annotations

from collections.abc import Sequence

from ..row import Row
from ..talk import Http

RACK = "run ->(_env) { [200, { 'Content-Type' => 'text/plain' }, [\"hello\\n\"]] }\n"
PSGI = "sub { [200, ['Content-Type' => 'text/plain'], [\"hello\\n\"]] };\n"
BAD_RACK = {"config.ru": "raise 'a bad version'\n"}
BAD_PSGI = {"app.psgi": "die 'a bad version';\n"}
RUBY = {
    "RUBYLIB": "@DEB@/usr/lib/ruby/vendor_ruby"
    ":@DEB@/usr/lib/x86_64-linux-gnu/ruby/vendor_ruby/3.1.0",
    "GEM_PATH": "@DEB@/usr/share/rubygems-integration/all"
    ":@DEB@/usr/share/rubygems-integration/3.1.0"
    ":@DEB@/usr/lib/x86_64-linux-gnu/rubygems-integration/3.1.0",
}
PERL = {"PERL5LIB": "@DEB@/usr/share/perl5:@DEB@/usr/lib/x86_64-linux-gnu/perl5/5.36"}
WEBRICK = """\
require 'webrick'
server = WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: ENV['PORT'], AccessLog: [])
server.mount_proc('/') { |_request, response| response.body = "hello\\n" }
trap('TERM') { server.shutdown }
server.start
"""
ERLANG = """\
serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, http_eoh} ->
            gen_tcp:send(Socket, "HTTP/1.1 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello\\n"),
            serve(Socket);
        {ok, _} -> serve(Socket);
        _ -> gen_tcp:close(Socket)
    end.

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    gen_tcp:controlling_process(Socket, spawn(fun() -> serve(Socket) end)),
    accept(Listener).

main(_) ->
    Port = list_to_integer(os:getenv("PORT")),
    Options = [{ip, {127,0,0,1}}, {packet, http_bin}, {active, false}, {reuseaddr, true}],
    {ok, Listener} = gen_tcp:listen(Port, Options),
    accept(Listener).
"""
TOMCAT = """\
<?xml version="1.0" encoding="UTF-8"?>
<Server port="-1">
 <Service name="Catalina">
  <Connector address="127.0.0.1" port="@PORT@" maxKeepAliveRequests="-1"/>
  <Engine name="Catalina" defaultHost="localhost">
   <Host name="localhost" appBase="webapps"/>
  </Engine>
 </Service>
</Server>
"""
JAVA = "@DEB@/usr/share/java"
TOMCAT_LIB = "@DEB@/usr/share/tomcat10"
TOMCAT_RUN = [
    *("/usr/bin/java", "-cp", f"{TOMCAT_LIB}/bin/bootstrap.jar:{TOMCAT_LIB}/bin/tomcat-juli.jar"),
    *(f"-Dcatalina.home={TOMCAT_LIB}", "-Dcatalina.base=@DIR@", "-Djava.io.tmpdir=@DIR@"),
    *("org.apache.catalina.startup.Bootstrap", "start"),
]


def _rack(name: str, origin: str, command: Sequence[str], note: str = "") -> Row:
    files = {"config.ru": RACK}
    return Row(
        name,
        origin,
        command,
        files,
        BAD_RACK,
        env=RUBY if origin.startswith("deb") else {},
        note=note,
    )


def _psgi(name: str, package: str, command: Sequence[str]) -> Row:
    words = ["/usr/bin/perl", *command]
    return Row(name, f"deb {package}", words, {"app.psgi": PSGI}, BAD_PSGI, env=PERL)


PUMA = ["/usr/bin/puma", "-b", "tcp://127.0.0.1:@PORT@", "-t", "1:20"]

ROWS: Sequence[Row] = [
    _rack("puma", "here puma", [*PUMA, "config.ru"]),
    _rack("puma-workers", "here puma", [*PUMA, "-w", "2", "config.ru"]),
    _rack(
        "unicorn",
        "deb unicorn",
        ["/usr/bin/ruby", "@DEB@/usr/bin/unicorn", "-l", "127.0.0.1:@PORT@"],
    ),
    _rack(
        "thin",
        "deb thin",
        ["/usr/bin/ruby", "@DEB@/usr/bin/thin", "-a", "127.0.0.1", "-p", "@PORT@", "start"],
    ),
    Row(
        "webrick",
        "here ruby-webrick",
        ["/usr/bin/ruby", "app.rb"],
        {"app.rb": WEBRICK},
        {"app.rb": "raise 'a bad version'\n"},
    ),
    _psgi(
        "starman",
        "starman",
        [
            "@DEB@/usr/bin/starman",
            "-l",
            "127.0.0.1:@PORT@",
            "--workers",
            "10",
            "--keepalive-timeout",
            "60",
        ],
    ),
    _psgi("twiggy", "twiggy", ["@DEB@/usr/bin/twiggy", "--listen", "127.0.0.1:@PORT@"]),
    _psgi("plackup", "libplack-perl", ["@DEB@/usr/bin/plackup", "-o", "127.0.0.1", "-p", "@PORT@"]),
    _psgi("feersum", "feersum", ["@DEB@/usr/bin/feersum", "--listen", "127.0.0.1:@PORT@"]),
    Row(
        "tomcat",
        "deb tomcat10",
        TOMCAT_RUN,
        {
            "conf/server.xml": TOMCAT,
            "webapps/ROOT/index.html": "hello\n",
            "conf/web.xml": "<web-app/>",
        },
        {"conf/server.xml": "<no-such"},
        talk=Http("/", status=(200, 404)),
        how="java ... Bootstrap start",
    ),
    Row(
        "jetty",
        "deb jetty9",
        [
            *("/usr/bin/java", "-cp", f"{JAVA}/jetty9-start.jar:{JAVA}/jetty9-util.jar"),
            *("org.eclipse.jetty.start.Main", "jetty.base=@DIR@"),
            *("jetty.home=@DEB@/usr/share/jetty9", "--module=http", "jetty.http.port=@PORT@"),
        ],
        bad_command=["/usr/bin/java", "-jar", "/no/such.jar"],
        talk=Http("/", status=(200, 404)),
    ),
    Row(
        "erlang",
        "deb erlang-base",
        ["@DEB@/usr/lib/erlang/bin/escript", "app.escript"],
        {"app.escript": "#!/usr/bin/escript\n%%! -noinput\n" + ERLANG},
        {"app.escript": "#!/usr/bin/escript\nmain(_) -> halt(1).\n"},
        env={
            "ROOTDIR": "@DEB@/usr/lib/erlang",
            "BINDIR": "@DEB@/usr/lib/erlang/erts-13.1.5/bin",
            "EMU": "beam",
            "PROGNAME": "erl",
            "ESCRIPT_EMULATOR": "@DEB@/usr/lib/erlang/erts-13.1.5/bin/erlexec",
        },
        how="escript app.escript (gen_tcp)",
    ),
]
