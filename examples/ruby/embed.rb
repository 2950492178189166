# frozen_string_literal: true

# embed.rb CONFIG.json: vectors and the table job from Ruby.
require_relative "colvec"

encoder = Colvec::Encoder.new("builtin:lexical")
question, *answers = encoder.encode(["a small library", "a tiny library", "the price of fish"])
cosines = answers.map { |vector| vector.zip(question).sum { |a, b| a * b } }
puts format("cosines: %.4f %.4f", *cosines)

config = JSON.parse(File.read(ARGV.fetch(0)))
folder = File.dirname(ARGV.fetch(0))
puts "by colvec: #{Colvec.embed_table(config, folder: folder)["rows_written"]} rows"

# A model of one's own: the number of characters, and of words.
own = config.merge("output_table" => "by_ruby")
summary = Colvec.embed_table(own, folder: folder, name: "ruby:lengths", dimension: 2) do |texts|
  texts.map { |text| [text.length.to_f, text.split.length.to_f] }
end
puts "by Ruby: #{summary["rows_written"]} rows"

begin
  Colvec::Encoder.new("/no/such/model")
rescue Colvec::Error => e
  puts "refused: #{e.message}"
end
