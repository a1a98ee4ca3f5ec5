# frozen_string_literal: true

# HTTP by puma: "version pid"; the version comes from VERSION_FILE, and a fault from `mode` beside it.
version = File.read(ENV.fetch('VERSION_FILE')).strip
mode = File.join(File.dirname(ENV.fetch('VERSION_FILE')), 'mode')
exit!(1) if File.exist?(mode) && File.read(mode).strip == 'exit1'

run ->(_env) { [200, { 'Content-Type' => 'text/plain' }, ["#{version} #{Process.pid}\n"]] }
