# frozen_string_literal: true

# colvec from Ruby, over the C API and fiddle, which comes with Ruby:
#
#   encoder = Colvec::Encoder.new("builtin:lexical")
#   encoder.encode(["a small library", "a tiny library"])   # => [[0.01, ...], [...]]
#   Colvec.embed_table(config) { |texts| my_model.embed(texts) }   # or without a block
#
# COLVEC_LIBRARY names the library, where it is not libcolvec.so.1 of the system.
require "fiddle"
require "fiddle/import"
require "json"

module Colvec
  class Error < StandardError; end

  # The functions of colvec/colvec.h that are used here.
  module C
    extend Fiddle::Importer
    dlload ENV.fetch("COLVEC_LIBRARY", "libcolvec.so.1")
    extern "const char* colvec_error_message()"
    extern "int colvec_encoder_open(const char*, const char*, void**)"
    extern "void colvec_encoder_close(void*)"
    extern "size_t colvec_encoder_dimension(void*)"
    extern "const char* colvec_encoder_fingerprint(void*)"
    extern "int colvec_encoder_encode(void*, void*, void*, size_t, void*)"
    extern "int colvec_job_new(const char*, const char*, void**)"
    extern "void colvec_job_free(void*)"
    extern "int colvec_job_set_function(void*, const char*, size_t, void*, void*)"
    extern "int colvec_job_run(void*)"
    extern "const char* colvec_job_summary(void*)"
  end

  def self.check(status)
    raise Error, C.colvec_error_message.to_s unless status.zero?
  end

  # Calls the block with the address of a pointer, and returns what was written there.
  def self.opened
    place = Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE)
    check(yield(place))
    place.ptr
  end

  class Encoder
    attr_reader :dimension, :fingerprint

    def initialize(model, **options)
      @handle = Colvec.opened { |place| C.colvec_encoder_open(model, JSON.generate(options), place) }
      @dimension = C.colvec_encoder_dimension(@handle)
      @fingerprint = C.colvec_encoder_fingerprint(@handle).to_s
    end

    # A row of floats for each text.
    def encode(texts)
      texts = texts.map { |text| text.encode(Encoding::UTF_8) }
      pointers = texts.map { |text| Fiddle::Pointer[text].to_i }.pack("J*")
      lengths = texts.map(&:bytesize).pack("J*")
      vectors = Fiddle::Pointer.malloc([texts.size * @dimension * 4, 4].max, Fiddle::RUBY_FREE)
      Colvec.check(C.colvec_encoder_encode(@handle, pointers, lengths, texts.size, vectors))
      vectors[0, texts.size * @dimension * 4].unpack("f*").each_slice(@dimension).to_a
    end

    def close
      C.colvec_encoder_close(@handle)
    end
  end

  # Runs the table job of `config`, a hash with the keys of config.json; returns its summary. With a
  # block, texts are embedded by it: it gets an array of strings, and returns one of rows. Ruby may be
  # entered from the thread that called alone, so such a job has one thread.
  def self.embed_table(config, folder: ".", name: nil, dimension: nil, &block)
    config = config.merge("threads" => 1) if block
    job = opened { |place| C.colvec_job_new(JSON.generate(config), folder, place) }
    raised = []
    closure = block && encode_closure(dimension, raised, &block)
    check(C.colvec_job_set_function(job, name, dimension, closure, nil)) if block
    status = C.colvec_job_run(job)
    raise raised.first unless raised.empty?

    check(status)
    JSON.parse(C.colvec_job_summary(job).to_s)
  ensure
    C.colvec_job_free(job) if job
  end

  # The block as a colvec_encode_function. What it raises must not go through the library: it is
  # kept in `raised`, and ends the job.
  def self.encode_closure(dimension, raised)
    types = [Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP, Fiddle::TYPE_VOIDP, Fiddle::TYPE_SIZE_T,
             Fiddle::TYPE_VOIDP]
    Fiddle::Closure::BlockCaller.new(Fiddle::TYPE_INT, types) do |_, texts, lengths, count, vectors|
      pointers = texts[0, count * 8].unpack("J*")
      sizes = lengths[0, count * 8].unpack("J*")
      strings = pointers.zip(sizes).map do |pointer, size|
        Fiddle::Pointer.new(pointer)[0, size].force_encoding(Encoding::UTF_8)
      end
      rows = yield(strings)
      unless rows.size == count && rows.all? { |row| row.size == dimension }
        raise ArgumentError, "the block must return #{count} rows of #{dimension} numbers"
      end

      floats = rows.flatten.pack("f*")
      vectors[0, floats.bytesize] = floats
      0
    rescue Exception => e # rubocop:disable Lint/RescueException
      raised << e
      1
    end
  end
end
