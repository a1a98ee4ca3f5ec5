# frozen_string_literal: true

# HTTP by puma: "version pid"; the version comes from VERSION_FILE.
version = File.read(ENV.fetch('VERSION_FILE')).strip

run ->(_env) { [200, { 'Content-Type' => 'text/plain' }, ["#{version} #{Process.pid}\n"]] }
